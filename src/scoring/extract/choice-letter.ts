/** The letter of a multiple-choice answer in free text. */
import { SPACE, WORD } from "./python-text.ts";

const BLANK = `[${SPACE.replace("\\t-\\r", "\\t\\v-\\r")}]`;

const last = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[1] ?? null;
const lastOfFirstHit = (text: string, patterns: readonly RegExp[]) => {
  for (const pattern of patterns) {
    const letter = last(text, pattern);
    if (letter !== null) return letter.toUpperCase();
  }
  return null;
};

const BOXED = /\\boxed\{(?:\\text\{)?([A-Z])/gu;
const PARENTHESISED = /\(([A-Z])\)/gu;
const BOLD = new RegExp(`\\*\\*([A-Z])[.)][${SPACE}]`, "gu");

const OLMO = [new RegExp(`ANSWER${BLANK}*:${BLANK}*\\(?([A-Z])\\)?`, "giu"), BOXED, PARENTHESISED, BOLD];

/** The last hit of the first pattern that hits: `ANSWER: X`, `\boxed{X}`, `(X)`, `**X.`; reads "Answer: The" as T. Source: olmo-eval, extract/mcq.py. */
export function mcqOlmo(text: string): string | null {
  return lastOfFirstHit(text, OLMO);
}

const OURS = [
  new RegExp(`ANSWER(?:${BLANK}+IS)?${BLANK}*:?[*_${SPACE}]*\\(?([A-Z])(?![${WORD}'’])`, "giu"),
  new RegExp(`\\\\boxed\\{(?:\\\\text\\{)?\\(?([A-Z])(?![${WORD}])`, "gu"),
  PARENTHESISED,
  BOLD,
];

/** The letter of the last explicit answer, a word's first letter never being one; null where there is none. */
export function extractLetter(text: string): string | null {
  return lastOfFirstHit(text, OURS);
}

const INSPECT_LETTER = new RegExp(`ANSWER[${SPACE}]*:[${SPACE}]*([A-Za-z])(?:[^${WORD}]|$)`, "giu");

/** The letter after the last `ANSWER:` that no word character follows. Source: Inspect AI, _util/pattern.py, ANSWER_PATTERN_LETTER. */
export function answerLetterInspect(text: string): string | null {
  return last(text, INSPECT_LETTER);
}

const INSPECT_LINE = new RegExp(`ANSWER[${SPACE}]*:[${SPACE}]*([^\\n]+)`, "giu");

/** The rest of the line after the last `ANSWER:`. Source: Inspect AI, _util/pattern.py, ANSWER_PATTERN_LINE. */
export function answerLineInspect(text: string): string | null {
  return last(text, INSPECT_LINE)?.trimEnd() ?? null;
}
