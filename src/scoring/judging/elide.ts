/** What is left out of a text that is longer than a judge is shown: never silently, and counted exactly. */
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError } from "../../core/errors.ts";
import type { JudgePrompt } from "../../core/judge.ts";

/** Fewer characters than these leave no room beside the marks of what is left out. */
export const LEAST_BUDGET = 2_000;
/** As long as the mark of a gap can be. */
export const MARK_ROOM = 64;

const grouped = new Intl.NumberFormat("en-US");

export interface ElidedText {
  text: string;
  /** How many characters (UTF-16 units) of the whole are not in it; 0 where it is the whole. */
  leftOut: number;
}

/** Throws `config/invalid` where a budget is too small to show anything in; the default is not. */
export function checkBudget(name: string, budget: number = DEFAULTS.judgedCharacters): void {
  if (Number.isInteger(budget) && budget >= LEAST_BUDGET) return;
  throw new AssayError("config/invalid", `${name}: a budget of ${budget} characters cannot be used.`, {
    hint: `Give it a whole number from ${LEAST_BUDGET} on.`,
  });
}

/** Stands for what was left out; counts are of whole steps and of characters. */
export function gapMark({ characters, steps = 0 }: { characters: number; steps?: number }): string {
  const what = [steps > 0 && counted(steps, "step"), counted(characters, "character")].filter((part) => part !== false);
  return `[… ${what.join(", ")} left out …]`;
}

function counted(count: number, noun: string): string {
  return `${grouped.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Keeps the head and the tail of a text, and of what lies between them the surroundings of the last line that tells of a failure.
 * Never longer than `budget` characters, of which there must be twice as many as a mark needs.
 */
export function elideText(text: string, budget: number): ElidedText {
  if (text.length <= budget) return { text, leftOut: 0 };
  const kept = keptRanges(text, budget);
  let shown = "";
  let leftOut = 0;
  let end = 0;
  for (const range of [...kept, { from: text.length, to: text.length }]) {
    const gap = range.from - end;
    if (gap > 0) shown += `\n${gapMark({ characters: gap })}\n`;
    leftOut += gap;
    shown += text.slice(range.from, range.to);
    end = range.to;
  }
  return { text: shown, leftOut };
}

/** Texts by name, each within the budget, for a prompt. */
export function elidedTexts(texts: Readonly<Record<string, string>>, budget: number): Pick<JudgePrompt, "data" | "elided"> {
  const shown = Object.entries(texts).map(([name, text]) => ({ name, ...elideText(text, budget) }));
  const characters = shown.reduce((sum, { leftOut }) => sum + leftOut, 0);
  return { data: shown.map(({ name, text }) => ({ name, text })), ...(characters > 0 && { elided: { characters } }) };
}

interface Range {
  from: number;
  to: number;
}

function keptRanges(text: string, budget: number): Range[] {
  const plain = headAndTail(text, (budget - MARK_ROOM) / 2);
  const failure = lastFailure(text.slice(plain[0].to, plain[1].from));
  const room = budget - 2 * MARK_ROOM;
  if (failure < 0 || room < 2 * MARK_ROOM) return plain;
  const [head, tail] = headAndTail(text, (room * 2) / 5);
  const middle = plain[0].to + failure;
  const from = Math.max(head.to, wholeCharacter(text, middle - room / 10, 1));
  const to = Math.min(tail.from, wholeCharacter(text, middle + room / 10, -1));
  return [head, { from, to }, tail];
}

function headAndTail(text: string, each: number): [Range, Range] {
  return [
    { from: 0, to: wholeCharacter(text, each, -1) },
    { from: wholeCharacter(text, text.length - each, 1), to: text.length },
  ];
}

/** The index at or next to a point, in the given direction, that cuts no surrogate pair in two. */
function wholeCharacter(text: string, point: number, direction: -1 | 1): number {
  const index = direction < 0 ? Math.floor(point) : Math.ceil(point);
  const isWithinPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(index - 1, index + 1));
  return isWithinPair ? index + direction : index;
}

const FAILURE =
  /^[ \t]*(?:Traceback \(most recent call last\)|[\w.]*(?:Error|Exception)\b|panic: |fatal(?: error)?: |Segmentation fault|FAILED\b|\[exit code (?!0\b))/gm;

/** Where the last line begins that tells of a failure, as programs write it; -1 where none does. */
export function lastFailure(text: string): number {
  let last = -1;
  for (const match of text.matchAll(FAILURE)) last = match.index;
  return last;
}
