/** The `\boxed{…}` of a LaTeX text. */

/** The last `\boxed{…}` (or `\fbox{…}`) with its braces matched, null where there is none. Source: Hendrycks et al. 2021, MATH, `last_boxed_only_string`. */
export function lastBoxed(text: string): string | null {
  const spaced = text.lastIndexOf("\\boxed ");
  if (spaced >= 0) return `\\boxed ${text.slice(spaced + "\\boxed ".length).split("$", 1)[0] ?? ""}`;
  const boxed = text.lastIndexOf("\\boxed");
  const start = boxed >= 0 ? boxed : text.lastIndexOf("\\fbox");
  if (start < 0) return null;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] !== "}") continue;
    depth -= 1;
    if (depth === 0) return text.slice(start, at + 1);
  }
  return null;
}

/** What a `\boxed{…}` or `\boxed …` holds; null for anything else, where the original raises. Source: Hendrycks et al. 2021, MATH, `remove_boxed`. */
export function removeBoxed(boxed: string): string | null {
  const opening = boxed.includes("\\boxed ") ? "\\boxed " : "\\boxed{";
  if (!boxed.startsWith(opening)) return null;
  if (opening === "\\boxed ") return boxed.slice(opening.length);
  return boxed.endsWith("}") ? boxed.slice(opening.length, -1) : null;
}
