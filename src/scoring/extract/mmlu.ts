/** MMLU answers of a chain of thought as lm-evaluation-harness reads them. */
import { pyStrip, SPACE } from "./python-text.ts";

const INVALID = "[invalid]";

/** The rest of the line after "The answer is", its last character lost by design. Source: lm-evaluation-harness, mmlu/flan_cot_zeroshot, filter `strict-match`. */
export function mmluStrict(text: string): string {
  const match = /(?<=The answer is |answer is |The answer: |The final answer: )[^\n]*(?=[^\n])/u.exec(text);
  return match === null || match[0] === "" ? INVALID : pyStrip(match[0]);
}

/**
 * The last `(X)`, else the last choice whose text occurs, else the last letter after a colon.
 * Source: lm-evaluation-harness, filters/extraction.py, `MultiChoiceRegexFilter` as set in mmlu/flan_cot_zeroshot.
 */
export function mmluFlexible(text: string, choices: readonly string[]): string {
  const parenthesised = text.match(/\([A-Z]\)/gu)?.at(-1);
  if (parenthesised !== undefined) return parenthesised;
  const letterOf = new Map(choices.map((choice, index) => [foldChoice(pyStrip(choice)), letterAt(index)]));
  const found = lastChoice(
    foldChoice(text),
    choices.map((choice) => foldChoice(pyStrip(choice))),
  );
  if (found !== "") return letterOf.get(found) ?? found;
  const letters = choices.map((_choice, index) => String.fromCodePoint(65 + index).replaceAll(/[\\\]^-]/g, "\\$&")).join("");
  const afterColon = letters === "" ? undefined : [...text.matchAll(new RegExp(`:[${SPACE}]*([${letters}])`, "gu"))].at(-1)?.[1];
  return afterColon === undefined ? INVALID : `(${afterColon})`;
}

const letterAt = (index: number) => `(${String.fromCodePoint(65 + index)})`;
const foldChoice = (text: string) => text.toLowerCase().replaceAll(/\p{P}/gu, "");

/** The last of the choices' occurrences, found left to right without overlap, the earlier choice first at one place; trimmed. */
function lastChoice(text: string, choices: readonly string[]): string {
  if (choices.length === 0) return "";
  const pattern = choices.map((choice) => choice.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
  return pyStrip(text.match(new RegExp(pattern, "gu"))?.at(-1) ?? "");
}

/** The letter after the first "answer is". Source: lm-evaluation-harness, mmlu_pro/_default_template_yaml. */
export function mmluPro(text: string): string {
  return /answer is \(?([A-J])\)?/u.exec(text)?.[1] ?? INVALID;
}
