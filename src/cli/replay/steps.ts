/** A stored trial as steps to look at: how it began, one step a turn, how it ended. */
import type { TraceEvent } from "../../core/trace.ts";
import { fieldsOf } from "../../store/read-trace.ts";
import { blocksOf, type Block } from "./blocks.ts";

export interface Step {
  title: string;
  /** Milliseconds since the trial began, of its first and last event. */
  startMs: number;
  endMs: number;
  blocks: Block[];
}

/** What has come up to a step, that step included. */
interface Tally {
  inputTokens: number;
  outputTokens: number;
  /** Null where a call's price is unknown. */
  costUsd: number | null;
}

export interface StoredTrial {
  steps: Step[];
  /** One a step. */
  tallies: Tally[];
}

/** Where each event belongs: these begin the last step, once turns were made or not. */
const ENDING = new Set(["answer.given", "limit.reached", "error.raised", "score.given", "trial.end"]);

export async function readSteps(events: AsyncIterable<TraceEvent>): Promise<StoredTrial> {
  const steps: Step[] = [];
  const tallies: Tally[] = [];
  // What a step's calls changed is told while the model thinks about the next.
  const stepsOfCalls = new Map<number, Step>();
  const tally: Tally = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  let isEnding = false;
  for await (const event of events) {
    const endsNow: boolean = !isEnding && (ENDING.has(event.type) || isScoring(event));
    isEnding ||= endsNow;
    if (steps.length === 0 || event.type === "model.request" || endsNow) {
      steps.push({ title: titleOf(event, { isFirst: steps.length === 0, isEnding }), startMs: event.t, endMs: event.t, blocks: [] });
      tallies.push({ ...tally });
    }
    const step = steps.at(-1);
    if (!step) continue;
    step.endMs = event.t;
    if (event.type === "tool.call" && typeof event["call"] === "number") stepsOfCalls.set(event["call"], step);
    const shownIn = (event.type === "sandbox.files" && stepsOfCalls.get(lastCallOf(event))) || step;
    shownIn.blocks.push(...blocksOf(event, shownIn.blocks));
    addTo(tally, event);
    tallies[tallies.length - 1] = { ...tally };
  }
  return { steps, tallies };
}

function isScoring(event: TraceEvent): boolean {
  return (event.type === "wait.begin" && event["for"] === "score") || (event.type === "sandbox.exec" && event["phase"] === "score");
}

function lastCallOf(event: TraceEvent): number {
  return fieldsOf(event, "sandbox.files")?.calls?.[1] ?? 0;
}

function titleOf(event: TraceEvent, { isFirst, isEnding }: { isFirst: boolean; isEnding: boolean }): string {
  if (isEnding) return "end";
  return isFirst || event.type !== "model.request" ? "start" : `turn ${String(event["call"])}`;
}

function addTo(tally: Tally, event: TraceEvent): void {
  const usage = event["usage"];
  if (event.type !== "model.response" || typeof usage !== "object" || usage === null) return;
  tally.inputTokens += numberAt(usage, "inputTokens");
  tally.outputTokens += numberAt(usage, "outputTokens");
  const cost = event["costUsd"];
  tally.costUsd = tally.costUsd === null || typeof cost !== "number" ? null : tally.costUsd + cost;
}

function numberAt(value: object, key: string): number {
  const found: unknown = Reflect.get(value, key);
  return typeof found === "number" ? found : 0;
}
