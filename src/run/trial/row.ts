/** The end of an attempt: its last event, and the row that makes the trial finished. */
import type { Prediction } from "../../core/record.ts";
import { judgingUsage } from "./judging.ts";
import type { Attempt, Ending } from "./trial.ts";

interface Told {
  warnings: readonly string[];
  /** Where its sandbox was. */
  host: string | undefined;
}

/** Writes the last event, waits for the trace, and makes the row. */
export async function closeRecord(
  attempt: Attempt,
  ending: Ending,
  { output, warnings, scores, givenScores, snapshot, host }: Pick<Prediction, "output" | "scores" | "givenScores" | "snapshot"> & Told,
): Promise<Prediction> {
  const { planned, number, recorder, budget, startedAt } = attempt;
  const { turns, toolCalls } = budget;
  const [durationMs, workingMs] = [roundMs(budget.durationMs), roundMs(budget.workingMs)];
  const limit = ending.status === "limit" ? { limit: ending.reached.limit } : {};
  recorder.event("trial.end", { status: ending.status, ...limit, durationMs, workingMs, turns, toolCalls });
  const trace = await recorder.written();
  return {
    trialId: planned.trialId,
    task: planned.task.spec,
    instanceId: planned.instance.id,
    epoch: planned.epoch,
    attempt: number,
    status: ending.status,
    ...limit,
    ...(ending.status === "error" && {
      error: {
        code: ending.error.code,
        message: ending.error.message,
        ...(ending.error.hint !== undefined && { hint: ending.error.hint }),
      },
    }),
    output,
    scores,
    ...(givenScores && { givenScores }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    ...(snapshot && { snapshot }),
    ...(planned.instance.clusterKey !== undefined && { clusterKey: planned.instance.clusterKey }),
    instanceHash: planned.instanceHash,
    ...(host !== undefined && { host }),
    usage: { inputTokens: budget.inputTokens, outputTokens: budget.outputTokens, costUsd: budget.costUsd },
    ...judgingUsage(scores),
    turns,
    toolCalls,
    startedAt: startedAt.toISOString(),
    durationMs,
    workingMs,
    trace,
  };
}

/** To a tenth of a millisecond: more digits are noise in every row. */
function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
