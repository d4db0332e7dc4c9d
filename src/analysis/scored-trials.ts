/** The finished trials of a run with what one scorer gave them, in the run itself or in a later pass. */
import { AssayError } from "../core/errors.ts";
import { nameHint } from "../core/nearest.ts";
import type { Prediction } from "../core/record.ts";
import type { Score } from "../core/score.ts";
import { findPass } from "../run/rescore/diff-passes.ts";
import { finalPredictions } from "../store/run-record.ts";
import { rescoredIn } from "../store/score-pass.ts";

/** Of which scores the talk is: a scorer's, of the run itself or of a pass. */
export interface ScoreSource {
  scorer: string;
  /** The pass's name or a unique beginning of it; null for the run's own scores. */
  pass: string | null;
}

export interface ScoredTrial extends Pick<Prediction, "trialId" | "attempt" | "task" | "instanceId" | "epoch" | "status"> {
  clusterKey?: string | undefined;
  /** The same for the same instance (by content) and epoch in another run, also under another variant of the task; unique within a run. */
  pairKey: string;
  /** UTF-16 units of the answer; 0 without one. */
  outputLength: number;
  /** Null where the scorer was not run on it. */
  score: Score | null;
}

/** In the order written. Throws `usage/unknown-name` where no trial has a score of this scorer. */
export async function scoredTrials(runPath: string, { scorer, pass }: ScoreSource): Promise<ScoredTrial[]> {
  const ofPass = pass === null ? undefined : await scoresOfPass(runPath, pass);
  const known = new Set([...(ofPass?.values() ?? [])].map(({ name }) => name));
  const trialOf = trialMaker();
  const trials: ScoredTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (row.status !== "completed" && row.status !== "limit") continue;
    if (!ofPass) for (const { name } of row.scores) known.add(name);
    const scores = ofPass ? [ofPass.get(`${row.trialId}#${row.attempt}`)] : row.scores;
    trials.push(trialOf(row, scores.find((score) => score?.name === scorer) ?? null));
  }
  if (known.has(scorer)) return trials;
  throw new AssayError(
    "usage/unknown-name",
    `--scorer ${scorer}: ${pass === null ? "no trial of the run" : "the pass"} has no score of it.`,
    {
      hint: nameHint(scorer, [...known]) || "Nothing was scored.",
    },
  );
}

async function scoresOfPass(runPath: string, pass: string): Promise<ReadonlyMap<string, Score>> {
  const scores = new Map<string, Score>();
  for await (const { trialId, attempt, score } of rescoredIn(await findPass(pass, runPath))) scores.set(`${trialId}#${attempt}`, score);
  return scores;
}

/** Finished trials that have a score of any scorer, with the first that has a value. */
export async function trialsWithAnyScore(runPath: string): Promise<ScoredTrial[]> {
  const trialOf = trialMaker();
  const trials: ScoredTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (row.status !== "completed" && row.status !== "limit") continue;
    trials.push(trialOf(row, row.scores.find(({ value, label }) => value !== null || typeof label === "string") ?? null));
  }
  return trials;
}

/** Makes trials of rows; one run, one maker. */
function trialMaker(): (row: Prediction, score: Score | null) => ScoredTrial {
  const seen = new Map<string, number>();
  return ({ trialId, attempt, task, instanceId, instanceHash, epoch, status, clusterKey, output }, score) => {
    const same = `${instanceHash}#${epoch}`;
    // Two variants of a task in one run have the same instances.
    const nth = seen.get(same) ?? 0;
    seen.set(same, nth + 1);
    const pairKey = `${same}#${nth}`;
    return { trialId, attempt, task, instanceId, epoch, status, clusterKey, pairKey, outputLength: output?.length ?? 0, score };
  };
}

/** Whether the scorer said something of it, as a number or in words. */
export function isJudged({ score }: ScoredTrial): boolean {
  return score !== null && (score.value !== null || typeof score.label === "string");
}
