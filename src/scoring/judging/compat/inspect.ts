/** Inspect AI's reading of its graders, and its guard around what it shows them. Source: inspect_ai, scorer/_model.py. */
import { SPACE, WORD } from "../../extract/python-text.ts";

const SPACING = `[${SPACE}\\u200b-\\u200f\\u2060\\u2063\\ufeff]*`;
const GRADE = new RegExp(`(?<![${WORD}])GRADE(?![${WORD}])${SPACING}:${SPACING}([${WORD}]*)`, "giu");

/** The first letter of the word after the last `GRADE:`, where it was offered: C and I, with partial credit P, too. `**GRADE:** C` is not read. */
export function inspectGrade(text: string, { partialCredit }: { partialCredit: boolean }): string | null {
  const letter = [...text.matchAll(GRADE)].at(-1)?.[1]?.slice(0, 1).toUpperCase() ?? "";
  return letter !== "" && (partialCredit ? "CPI" : "CI").includes(letter) ? letter : null;
}

/** `[END DATA]` becomes `[END-DATA]`. A no-break space is left on purpose: else a text could bring the form that is taken for treated. */
export function neutralizeDelimiters(text: string): string {
  return text.replaceAll(/\[(?:BEGIN|END) DATA\]/gi, (delimiter) => delimiter.replace(" ", "-"));
}
