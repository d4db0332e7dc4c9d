/** The finished trials of a run with what one scorer gave them, in the run itself or in a later pass. */
import { AssayError } from "../core/errors.ts";
import { attemptKey } from "../core/ids.ts";
import { nameHint } from "../core/nearest.ts";
import { isFinished, type Prediction } from "../core/record.ts";
import type { Score } from "../core/score.ts";
import { finalPredictions } from "../store/run-record.ts";
import { findPass, rescoredIn } from "../store/score-pass.ts";

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
  const trials: UnpairedTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (!isFinished(row)) continue;
    if (!ofPass) for (const { name } of row.scores) known.add(name);
    const scores = ofPass ? [ofPass.get(attemptKey(row))] : row.scores;
    trials.push(trialOf(row, scores.find((score) => score?.name === scorer) ?? null));
  }
  if (known.has(scorer)) return withPairKeys(trials);
  throw new AssayError("usage/unknown-name", `--scorer ${scorer}: no trial of the ${pass === null ? "run" : "pass"} has a score of it.`, {
    hint: nameHint(scorer, [...known]) || "Nothing was scored.",
  });
}

async function scoresOfPass(runPath: string, pass: string): Promise<ReadonlyMap<string, Score>> {
  const scores = new Map<string, Score>();
  for await (const line of rescoredIn(await findPass(pass, runPath))) scores.set(attemptKey(line), line.score);
  return scores;
}

/** Finished trials that have a score of any scorer, with the first that has a value. */
export async function trialsWithAnyScore(runPath: string): Promise<ScoredTrial[]> {
  const trials: UnpairedTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (!isFinished(row)) continue;
    trials.push(trialOf(row, row.scores.find(({ value, label }) => value !== null || typeof label === "string") ?? null));
  }
  return withPairKeys(trials);
}

type UnpairedTrial = Omit<ScoredTrial, "pairKey"> & { instanceHash: string };

function trialOf(row: Prediction, score: Score | null): UnpairedTrial {
  const { trialId, attempt, task, instanceId, instanceHash, epoch, status, clusterKey, output } = row;
  return { trialId, attempt, task, instanceId, instanceHash, epoch, status, clusterKey, outputLength: output?.length ?? 0, score };
}

/** Two variants of a task in one run have the same instances: these are told apart by the order of the tasks' names. */
function withPairKeys(trials: readonly UnpairedTrial[]): ScoredTrial[] {
  const keys = new Map<string, string>();
  for (const [same, twins] of Map.groupBy(trials, ({ instanceHash, epoch }) => `${instanceHash}#${epoch}`)) {
    const inOrder = twins.toSorted((a, b) => (a.task < b.task ? -1 : 1));
    for (const [nth, { trialId }] of inOrder.entries()) keys.set(trialId, `${same}#${nth}`);
  }
  return trials.map(({ instanceHash, ...trial }) => ({ ...trial, pairKey: keys.get(trial.trialId) ?? instanceHash }));
}

/** Whether the scorer said something of it, as a number or in words. */
export function isJudged({ score }: ScoredTrial): boolean {
  return score !== null && (score.value !== null || typeof score.label === "string");
}
