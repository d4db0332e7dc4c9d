/** The finished trials of a run with what one scorer gave them, in the run itself or in a later pass. */
import { AssayError } from "../core/errors.ts";
import { nameHint } from "../core/nearest.ts";
import type { Prediction } from "../core/record.ts";
import type { Score } from "../core/score.ts";
import { readScorePass } from "../store/read-score-pass.ts";
import { finalPredictions } from "../store/run-record.ts";

/** Of which scores the talk is: a scorer's, of the run itself or of a pass. */
export interface ScoreSource {
  scorer: string;
  /** The pass's name or a unique part of it; null for the run's own scores. */
  pass: string | null;
}

export interface ScoredTrial extends Pick<Prediction, "trialId" | "attempt" | "task" | "instanceId" | "instanceHash" | "epoch" | "status"> {
  clusterKey?: string | undefined;
  /** UTF-16 units of the answer; 0 without one. */
  outputLength: number;
  /** Null where the scorer was not run on it. */
  score: Score | null;
}

/** In the order written. Throws `usage/unknown-name` where no trial has a score of this scorer. */
export async function scoredTrials(runPath: string, { scorer, pass }: ScoreSource): Promise<ScoredTrial[]> {
  const stored = pass === null ? undefined : await readScorePass(runPath, pass);
  const ofPass = stored && new Map(stored.lines.map((line) => [`${line.trialId}#${line.attempt}`, line.score]));
  const known = new Set<string>(stored?.lines.map(({ score }) => score.name));
  const trials: ScoredTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (row.status !== "completed" && row.status !== "limit") continue;
    if (!stored) for (const { name } of row.scores) known.add(name);
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

/** Finished trials that have a score of any scorer, with the first that has a value. */
export async function trialsWithAnyScore(runPath: string): Promise<ScoredTrial[]> {
  const trials: ScoredTrial[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (row.status !== "completed" && row.status !== "limit") continue;
    trials.push(trialOf(row, row.scores.find(({ value, label }) => value !== null || typeof label === "string") ?? null));
  }
  return trials;
}

function trialOf(row: Prediction, score: Score | null): ScoredTrial {
  const { trialId, attempt, task, instanceId, instanceHash, epoch, status, clusterKey, output } = row;
  return { trialId, attempt, task, instanceId, instanceHash, epoch, status, clusterKey, outputLength: output?.length ?? 0, score };
}

/** Whether the scorer said something of it, as a number or in words. */
export function isJudged({ score }: ScoredTrial): boolean {
  return score !== null && (score.value !== null || typeof score.label === "string");
}
