/** MATH answers compared as normalised text. Source of all: Hendrycks et al. 2021, MATH (math_equivalence.py), as in lm-evaluation-harness, hendrycks_math. */
import { lastBoxed, removeBoxed } from "./boxed.ts";
import { pyStrip } from "./python-text.ts";

/** Plain replacements, in the original's order. */
const CLEANED: readonly (readonly [string, string])[] = [
  ["\n", ""],
  ["\\!", ""],
  ["\\\\", "\\"],
  ["tfrac", "frac"],
  ["dfrac", "frac"],
  ["\\left", ""],
  ["\\right", ""],
  ["^{\\circ}", ""],
  ["^\\circ", ""],
  ["\\$", ""],
];

/** The normalised text; null where the original raises (a unit twice, a bare `\frac` or `\sqrt` at the end, "a/b" with letters). */
export function stripString(text: string): string | null {
  const cleaned = CLEANED.reduce((current, [from, to]) => current.replaceAll(from, () => to), text);
  const units = cleaned.split("\\text{ ");
  if (units.length > 2) return null;
  let current = (units[0] ?? "").replaceAll("\\%", "").replaceAll(" .", " 0.").replaceAll("{.", "{0.");
  if (current === "") return current;
  if (current.startsWith(".")) current = `0${current}`;
  const sides = current.split("=");
  if (sides.length === 2 && [...(sides[0] ?? "")].length <= 2) current = sides[1] ?? "";
  const rooted = braceRoots(current);
  const fractioned = rooted === null ? null : braceFractions(rooted.replaceAll(" ", ""));
  if (fractioned === null) return null;
  return slashToFraction(fractioned === "0.5" ? "\\frac{1}{2}" : fractioned);
}

/** Whether two answers are equal after {@link stripString}; where one cannot be normalised, whether they are equal as they are. */
export function isEquivString(a: string, b: string): boolean {
  const left = stripString(a);
  const right = stripString(b);
  return left === null || right === null ? a === b : left === right;
}

/** Grades a response by the text between its first and last `$`; it does not look for `\boxed`. Null where the solution has no boxed answer. */
export function hendrycksMatch(response: string, solution: string): boolean | null {
  const boxed = lastBoxed(solution);
  const gold = boxed === null ? null : removeBoxed(boxed);
  if (gold === null) return null;
  const first = response.indexOf("$");
  const last = response.lastIndexOf("$");
  return isEquivString(first === last ? response : response.slice(first + 1, last), gold);
}

/** `\sqrt3` becomes `\sqrt{3}`. */
function braceRoots(text: string): string | null {
  const [head = "", ...parts] = text.split("\\sqrt");
  if (parts.some((part) => part === "")) return null;
  return (
    head +
    parts
      .map((part) => {
        const [first = ""] = part;
        return first === "{" ? `\\sqrt${part}` : `\\sqrt{${first}}${part.slice(first.length)}`;
      })
      .join("")
  );
}

/** `\frac12` becomes `\frac{1}{2}`; unchanged where one has a single character after it. */
function braceFractions(text: string): string | null {
  const [head = "", ...parts] = text.split("\\frac");
  let result = head;
  for (const part of parts) {
    if (part === "") return null;
    if (part.startsWith("{")) {
      result += `\\frac${part}`;
      continue;
    }
    const [first = "", second] = part;
    if (second === undefined) return text;
    const rest = part.slice(first.length + second.length);
    result += second === "{" ? `\\frac{${first}}{${rest}` : `\\frac{${first}}{${second}}${rest}`;
  }
  return result;
}

/** Python's `int(text)`, as far as it can be told apart here: null where it raises. */
const isInteger = (text: string) => /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u.test(pyStrip(text));
const isPlainInteger = (text: string) => /^(?:0|-?[1-9]\d*)$/.test(text);

function slashToFraction(text: string): string | null {
  const parts = text.split("/");
  const [above = "", below = ""] = parts;
  if (parts.length !== 2) return text;
  if (!isInteger(above) || !isInteger(below)) return null;
  return isPlainInteger(above) && isPlainInteger(below) ? `\\frac{${above}}{${below}}` : text;
}
