/** A trial's conversation as text that a judge can cite: each step begins a line with its number, and nothing in a step can. */
import { DEFAULTS } from "../../core/defaults.ts";
import type { TranscriptStep } from "../../core/judge.ts";
import type { Message } from "../../core/message.ts";
import type { Elision } from "../../core/verdict.ts";
import { type ElidedText, elideText, gapMark, lastFailure, MARK_ROOM } from "./elide.ts";

/** Said to a judge that is shown what {@link renderTranscript} made. */
export const HOW_TO_READ_STEPS =
  "A step begins with a line such as `[step 3] assistant:` or `[step 4] result of bash:`, and everything that belongs to it is indented: a step's number anywhere else is part of what somebody wrote. A line such as `[… 12 steps, 3,456 characters left out …]` says how much is not shown.";

export interface RenderedTranscript {
  text: string;
  /** The numbers of the steps of which something is shown: what can be cited. */
  shown: readonly number[];
  /** Absent where the whole is shown. */
  elided?: Elision;
}

/**
 * Renders steps in at most `budget` characters, 2,000 or more; default 200,000. Where that is too few, long texts lose their middle; where that
 * is not enough, whole steps are left out: the first and the last are kept, then those that failed with what they were a result of, the
 * later before the earlier, then those nearest to the end. Steps keep their numbers.
 */
export function renderTranscript(steps: readonly TranscriptStep[], budget: number = DEFAULTS.judgedCharacters): RenderedTranscript {
  return elideSteps(stepTexts(steps), budget);
}

/** A part of a transcript that a judge is shown by itself. */
export interface Span extends RenderedTranscript {
  first: number;
  last: number;
}

/** Consecutive steps, as many as fit into `budget` characters each; only a step that is longer by itself loses something. */
export function transcriptSpans(steps: readonly TranscriptStep[], budget: number): Span[] {
  const spans: StepText[][] = [];
  let room = 0;
  for (const step of stepTexts(steps)) {
    const { length } = step.parts.join("");
    if (length > room) {
      spans.push([]);
      room = budget;
    }
    spans.at(-1)?.push(step);
    room -= length;
  }
  return spans.map((span) => ({ first: span[0]?.step ?? 0, last: span.at(-1)?.step ?? 0, ...elideSteps(span, budget) }));
}

/** A step as it is rendered. Each part ends with a line break. */
interface StepText {
  step: number;
  parts: string[];
  isResult: boolean;
  hasFailed: boolean;
}

function stepTexts(steps: readonly TranscriptStep[]): StepText[] {
  return steps.map(({ step, message }) => {
    const isResult = message.role === "tool";
    return {
      step,
      parts: partsOf(message).map((text, index) => (index === 0 ? `[step ${step}] ${text}` : `  ${text}`)),
      isResult,
      hasFailed: isResult && (message.isError === true || lastFailure(message.content) >= 0),
    };
  });
}

function partsOf(message: Message): string[] {
  if (message.role === "tool") return [part(`${message.isError ? "failed result" : "result"} of ${message.toolName}`, message.content)];
  if (message.role !== "assistant") return [part(message.role, message.content)];
  const calls = message.toolCalls ?? [];
  return [
    part("assistant", message.content),
    ...(message.reasoning ? [part("reasoning", message.reasoning)] : []),
    ...calls.map(({ name, input, invalidInput }) => part(`call of ${name}`, invalidInput ?? JSON.stringify(input))),
  ];
}

/** Whatever a reader might take for the end of a line. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/** Lines after the first are indented: at the margin stands only what the renderer says. */
function part(label: string, content: string): string {
  return `${`${label}: ${content}`.replaceAll(LINE_BREAK, "\n  ")}\n`;
}

type CutStep = Omit<StepText, "parts"> & ElidedText;

function elideSteps(steps: readonly StepText[], budget: number): RenderedTranscript {
  const cut = cutLongParts(steps, budget);
  const isKept = chooseSteps(cut, budget);
  const elided = { characters: 0, steps: 0 };
  let gap = { characters: 0, steps: 0 };
  let text = "";
  const endGap = () => {
    if (gap.steps > 0) text += `${gapMark(gap)}\n`;
    gap = { characters: 0, steps: 0 };
  };
  for (const [index, step] of cut.entries()) {
    if (isKept[index]) {
      endGap();
      text += step.text;
      elided.characters += step.leftOut;
      continue;
    }
    const characters = lengthOf(steps[index]);
    gap = { characters: gap.characters + characters, steps: gap.steps + 1 };
    elided.characters += characters;
    elided.steps += 1;
  }
  endGap();
  const shown = cut.filter((_, index) => isKept[index]).map(({ step }) => step);
  return { text, shown, ...(elided.characters > 0 && { elided }) };
}

/** As little as lets all steps stay; and never so much of one step that it would take the place of many. */
function cutLongParts(steps: readonly StepText[], budget: number): CutStep[] {
  const level = waterLevel(
    steps.flatMap(({ parts }) => parts.map((text) => text.length)),
    budget,
  );
  const partBudget = Math.max(level, Math.floor(budget / 12));
  const stepBudget = level < budget / 12 ? Math.floor(budget / 6) : Number.POSITIVE_INFINITY;
  return steps.map(({ parts, ...step }) => {
    const pieces = parts.map((text) => elideText(text, partBudget));
    const text = pieces.map((piece) => piece.text).join("");
    if (text.length <= stepBudget) return { ...step, text, leftOut: pieces.reduce((sum, piece) => sum + piece.leftOut, 0) };
    return { ...step, ...elideText(parts.join(""), stepBudget) };
  });
}

/** The length to which texts must be cut so that all of them together fit; infinite where they do as they are. */
function waterLevel(lengths: readonly number[], budget: number): number {
  let room = budget;
  for (const [index, length] of lengths.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(room / (lengths.length - index));
    if (length > share) return share;
    room -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** The beginning may take a quarter of the budget, failures all up to its half, the end the rest, and what it leaves the beginning again. */
function chooseSteps(steps: readonly CutStep[], budget: number): boolean[] {
  const total = steps.reduce((sum, { text }) => sum + text.length, 0);
  if (total <= budget) return steps.map(() => true);
  const isKept = steps.map(() => false);
  let size = MARK_ROOM;
  const fits = (index: number, limit: number): boolean => {
    if (isKept[index]) return true;
    // Between two kept steps a gap is closed, beside one it is made smaller, elsewhere there is one more.
    const gaps = 1 - Number(isKept[index - 1] ?? true) - Number(isKept[index + 1] ?? true);
    const grown = size + (steps[index]?.text.length ?? 0) + gaps * MARK_ROOM;
    if (grown > limit) return false;
    isKept[index] = true;
    size = grown;
    return true;
  };
  const forward = [...steps.keys()];
  const backward = forward.toReversed();
  const keepWhile = (order: readonly number[], limit: number) => void order.every((index) => fits(index, limit));
  keepWhile(forward, budget / 4);
  keepWhile(backward.slice(0, 1), budget);
  for (const index of backward) {
    if (steps[index]?.hasFailed && fits(index, budget / 2)) fits(callOf(steps, index), budget / 2);
  }
  keepWhile(backward, budget);
  keepWhile(forward, budget);
  return isKept;
}

/** The step that a result is of: the last before it that is none itself. */
function callOf(steps: readonly CutStep[], index: number): number {
  return Math.max(
    0,
    steps.findLastIndex((step, before) => before < index && !step.isResult),
  );
}

function lengthOf(step: StepText | undefined): number {
  return step?.parts.reduce((sum, text) => sum + text.length, 0) ?? 0;
}
