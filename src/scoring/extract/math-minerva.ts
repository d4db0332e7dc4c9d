/** MATH answers as Minerva's authors read and normalise them. Source of the rules: Lewkowycz et al. 2022 (arXiv 2206.14858), appendix D. */
import { lastBoxed, removeBoxed } from "./boxed.ts";
import { pyStrip } from "./python-text.ts";

const INVALID = "[invalidanswer]";
const LEAD = "Final Answer: The final answer is";
const TRAIL = " I hope it is correct";

/** The text of "Final Answer: The final answer is … . I hope it is correct.", else `[invalidanswer]`. */
export function minervaExtract(text: string): string {
  const whole = `${text}I hope it is correct.`;
  for (let from = 0, lead = whole.indexOf(LEAD); lead >= 0; lead = whole.indexOf(LEAD, from)) {
    const start = lead + LEAD.length;
    const newline = whole.indexOf("\n", start);
    from = newline < 0 ? whole.length : newline;
    const line = whole.slice(start, from);
    // any one character stands before the closing sentence and one after it.
    const match = new RegExp(`^(.*?).${TRAIL}.`, "su").exec(line);
    // where the line's first lead does not match, no later one in the line can.
    if (match) return pyStrip(match[1] ?? "");
  }
  return INVALID;
}

const SUBSTITUTED: readonly (readonly [string, string])[] = [
  ["an ", ""],
  ["a ", ""],
  [".$", "$"],
  ["\\$", ""],
  ["\\ ", ""],
  [" ", ""],
  ["mbox", "text"],
  [",\\text{and}", ","],
  ["\\text{and}", ","],
  ["\\text{m}", "\\text{}"],
];

const REMOVED = [
  ..."square ways integers dollars mph inches ft hours km units \\ldots sue points feet minutes digits cents degrees cm gm pounds".split(
    " ",
  ),
  ..."meters meals edges students childrentickets multiples \\text{s} \\text{.} \\text{\ns} \\text{}^2 \\text{}^3 \\text{\n} \\text{}".split(
    " ",
  ),
  ...'\\mathrm{th} ^\\circ ^{\\circ} \\; ,\\! {,} " \\dots'.split(" "),
];

/** The normalised answer; "square" becomes the empty text, "1,2,3" becomes "123". */
export function minervaNormalize(answer: string): string {
  let text = answer.slice(answer.lastIndexOf("=") + 1);
  for (const [from, to] of SUBSTITUTED) text = text.replaceAll(from, () => to);
  for (const expression of REMOVED) text = text.replaceAll(expression, "");
  text = text.split("\n").map(onlyMath).join("\n");
  for (const command of ["text", "textbf", "overline"])
    text = text
      .split("\n")
      .map((line) => unwrap(line, `\\${command}{`))
      .join("\n");
  text = text.split("\n").map(unbox).join("\n");
  text = text
    .replaceAll(/frac([^{])([^\n])/gu, "frac{$1}{$2}")
    .replaceAll(/sqrt([^{])/gu, "sqrt{$1}")
    .replaceAll("$", "");
  const withoutCommas = text.replaceAll(",", "");
  return /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u.test(withoutCommas) ? withoutCommas : text;
}

/** `re.sub(r"(.*?)(\$)(.*?)(\$)(.*)", "$\\3$", line)`: the first `$…$` in place of the line. */
function onlyMath(line: string): string {
  const open = line.indexOf("$");
  const close = open < 0 ? -1 : line.indexOf("$", open + 1);
  return close < 0 ? line : line.slice(open, close + 1);
}

/** `re.sub(r"(\\text\{)(.*?)(\})", "\\2", line)`. */
function unwrap(line: string, opening: string): string {
  let result = "";
  let from = 0;
  for (let at = line.indexOf(opening); at >= 0; at = line.indexOf(opening, from)) {
    const close = line.indexOf("}", at + opening.length);
    if (close < 0) break;
    result += line.slice(from, at) + line.slice(at + opening.length, close);
    from = close + 1;
  }
  return result + line.slice(from);
}

/** `re.sub(r"(\\boxed\{)(.*)(\})", "\\2", line)`: from the first opening to the line's last brace. */
function unbox(line: string): string {
  const opening = "\\boxed{";
  const open = line.indexOf(opening);
  const close = line.lastIndexOf("}");
  if (open < 0 || close < open + opening.length) return line;
  return line.slice(0, open) + line.slice(open + opening.length, close) + line.slice(close + 1);
}

/**
 * Every answer a text may give, normalised: Minerva's sentence and the last box, else what stands between the last two `$`, else all of it.
 * Source: olmo-eval, extract/math.py, `extract_math_answer`.
 */
export function olmoMathAnswers(text: string): string[] {
  const sentence = minervaNormalize(minervaExtract(text));
  const boxed = lastBoxed(text);
  const content = boxed === null ? null : removeBoxed(boxed);
  const answers = [
    ...(sentence !== "" && sentence !== INVALID ? [sentence] : []),
    ...(content === null ? [] : [minervaNormalize(content)]),
  ];
  if (answers.length > 0) return answers;
  const close = text.lastIndexOf("$");
  const open = close <= 0 ? -1 : text.lastIndexOf("$", close - 1);
  return [minervaNormalize(open < 0 ? text : text.slice(open + 1, close))];
}
