/**
 * Where a reply in words says its verdict. One definition for every form of answer: the last mark counts, whatever it says, so that a verdict
 * that was quoted or thought of on the way never stands for one that is missing or off the menu.
 */

/** Invisible characters that models put around a verdict; within a word they are no part of the menu. */
const INVISIBLE = "\\u200b-\\u200f\\u2060\\u2063\\ufeff";
const AROUND = `[\\s*_\`"'${INVISIBLE}]{0,40}`;
const ADORNMENT = new RegExp(`^[\\s*_\`"'()\\[\\].!,;:${INVISIBLE}]+|[\\s*_\`"'()\\[\\].!,;:${INVISIBLE}]+$`, "gu");

/** `GRADE:` anywhere but within a longer word; `Answer:` at a line's start only, for graders speak of answers all the time. */
const LABEL = new RegExp(
  `(?:(?<![\\p{L}\\p{N}_])(?:grade|verdict|score|rating|judge?ment|decision)` +
    `|^[ \\t*_#>-]{0,10}(?:(?:my|the|final)[ \\t]+){0,2}(?:answer|result|choice))` +
    `(?:[ \\t]*\\([^()\\n]{0,40}\\))?${AROUND}[:：=]${AROUND}`,
  "gimu",
);
/** MT-Bench's `[[A]]`, `[[8]]`. */
const BRACKETS = /\[\[([^[\]\n]{1,40})\]\]/gu;

/** "The answer is CORRECT." as a last line. */
const SENTENCE =
  /^(?:(?:the|my|this|final|submitted|predicted)\s+){0,3}(?:answer|verdict|grade|score|rating|submission|response|decision|judge?ment)\s+is:?\s+(.{1,60})$/iu;

const LONGEST_VALUE = 200;

/**
 * What stands at the last mark, up to the line's end and without quotes, bold and brackets around it. A mark is a label (`GRADE:`, `Final score =`),
 * doubled brackets, or a last line that says nothing else, which is for the form of answer to tell. Undefined where there is none.
 */
export function lastVerdict(text: string, standsAlone: (line: string) => boolean): string | undefined {
  const alone = lastLine(text);
  if (alone !== undefined && standsAlone(alone)) return alone;
  const label = [...text.matchAll(LABEL)].at(-1);
  const brackets = [...text.matchAll(BRACKETS)].at(-1);
  if (brackets && (!label || brackets.index > label.index)) return unadorned(brackets[1] ?? "");
  if (!label) return undefined;
  const start = label.index + label[0].length;
  const lineEnd = text.indexOf("\n", start);
  const end = Math.min(lineEnd === -1 ? text.length : lineEnd, start + LONGEST_VALUE);
  return text
    .slice(start, end)
    .replace(/^[([]+/, "")
    .trim();
}

/** Undefined where it is too long to be a verdict. */
function lastLine(text: string): string | undefined {
  const line = text.trimEnd();
  const start = line.lastIndexOf("\n") + 1;
  if (line.length - start > LONGEST_VALUE) return undefined;
  const plain = unadorned(line.slice(start));
  return unadorned(SENTENCE.exec(plain)?.[1] ?? plain);
}

function unadorned(text: string): string {
  return text.replaceAll(ADORNMENT, "");
}

/** Whether what follows a verdict on its line leaves it a verdict: the end, a punctuation mark or a reason, but no further word. */
export function endsVerdict(rest: string): boolean {
  return /^[\s*_`"')\]]*(?:$|[.,;:!(–—](?!\d)|-(?![\p{L}\p{N}])|(?<=\s)(?:because|since|as|due)(?![\p{L}\p{N}_]))/u.test(rest);
}
