/** The trials of a pass: finished ones of the run, selected, and not scored for good by an earlier command. */
import { join } from "node:path";
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import { attemptKey } from "../../core/ids.ts";
import { jsonOrUndefined } from "../../core/json.ts";
import type { JudgingRules } from "../../core/judging.ts";
import { isFinished, predictionSchema, type Prediction, type Rescored } from "../../core/record.ts";
import { TRIAL_STATUSES } from "../../core/trace.ts";
import type { Verdict } from "../../core/verdict.ts";
import { readLines, type Line } from "../../store/lines.ts";
import { rescoredIn } from "../../store/score-pass.ts";
import type { PlannedTrial } from "../plan.ts";
import type { PlannedPass } from "./plan-pass.ts";

export interface PassTrial {
  row: Prediction;
  planned: PlannedTrial;
  /** A command before this one ended it, with a verdict missing: it is asked anew. */
  wasTried: boolean;
}

/** What earlier commands of the same pass scored: `true` where nothing is left to ask. */
export type Known = Map<string, boolean>;

/** Reads what the pass has already, line by line. */
export async function* knownLines(passPath: string, known: Known, rules: JudgingRules | undefined): AsyncGenerator<Rescored> {
  for await (const line of rescoredIn(passPath)) {
    const isDone = isFinal(line, rules);
    known.set(attemptKey(line), isDone);
    if (isDone) yield line;
  }
}

/** Where each question has a verdict. A trial that no judge was asked about is final, too: asking again would not help. */
function isFinal({ score }: Rescored, rules: JudgingRules | undefined): boolean {
  // A judge that was passed over for the next one has no verdict, and need not have.
  if (rules?.onFailure === "escalate" && score.value !== null) return true;
  const last = new Map<string, Verdict>();
  for (const verdict of score.verdicts ?? []) {
    const { judge, question, order, replicate } = verdict;
    last.set(JSON.stringify([judge, question, order, replicate]), verdict);
  }
  return [...last.values()].every(({ status }) => status === "ok");
}

/** Where the rows are of trials that are left, by their first byte in predictions.jsonl; whether an earlier command tried them. */
export type Left = ReadonlyMap<number, boolean>;

const idsSchema = z.object({ trialId: z.string(), attempt: z.number(), status: z.enum(TRIAL_STATUSES) });

/** One look at every row, of which nothing is kept but its place. */
export async function findLeft(
  runPath: string,
  { trials }: Pick<PlannedPass, "trials">,
  { known, selected }: { known: Known; selected: ReadonlySet<string> | undefined },
): Promise<Left> {
  // A trial's last row counts.
  const offsets = new Map<string, { offset: number; wasTried: boolean }>();
  for await (const { text, offset, isTorn } of linesOf(runPath)) {
    const row = isTorn ? undefined : idsSchema.safeParse(jsonOrUndefined(text)).data;
    if (!row) continue;
    offsets.delete(row.trialId);
    if (!trials.has(row.trialId) || !isFinished(row)) continue;
    if (selected && !selected.has(row.trialId)) continue;
    const done = known.get(attemptKey(row));
    if (done !== true) offsets.set(row.trialId, { offset, wasTried: done === false });
  }
  return new Map([...offsets.values()].map(({ offset, wasTried }) => [offset, wasTried]));
}

/** The trials at these places, in the order of the rows. Throws `run/format` where a row is damaged. */
export async function* trialsAt(runPath: string, { trials }: Pick<PlannedPass, "trials">, left: Left): AsyncGenerator<PassTrial> {
  for await (const { text, offset } of linesOf(runPath)) {
    const wasTried = left.get(offset);
    if (wasTried === undefined) continue;
    const row = predictionSchema.safeParse(jsonOrUndefined(text)).data;
    const planned = row && trials.get(row.trialId);
    if (!planned)
      throw new AssayError("run/format", `${runPath}/predictions.jsonl is damaged at byte ${offset}.`, { hint: "Restore it from a copy." });
    yield { row, planned, wasTried };
  }
}

async function* linesOf(runPath: string): AsyncGenerator<Line> {
  try {
    yield* readLines(join(runPath, "predictions.jsonl"));
  } catch (error) {
    // A run that has finished no trial yet.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
