/** Scores from weighted criteria that are met or not. Source of both: Arora et al. 2025, "HealthBench" (arXiv 2505.08775); openai/simple-evals. */
import { sum } from "../special.ts";
import { mean } from "../summary.ts";

/** Points may be negative: such a criterion is met where the bad thing happened. */
export interface WeightedCriterion {
  points: number;
  isMet: boolean;
}

/** Points of what was met over all positive points: at most 1, possibly negative. Null without positive points. */
export function healthBench(criteria: readonly WeightedCriterion[]): number | null {
  const possible = sum(criteria.filter(({ points }) => points > 0).map(({ points }) => points));
  return possible === 0 ? null : sum(criteria.filter(({ isMet }) => isMet).map(({ points }) => points)) / possible;
}

export interface HealthBenchMean {
  /** The benchmark's own number: the mean, held within [0, 1]. */
  clipped: number | null;
  /** The mean as it is, for paired tests. */
  unclipped: number | null;
}

/** Mean over examples; an example without a score (null) is left out. Nothing prints it yet. */
export function healthBenchMean(scores: readonly (number | null)[]): HealthBenchMean {
  const unclipped = mean(scores.filter((score) => score !== null));
  return { clipped: unclipped === null ? null : Math.min(1, Math.max(0, unclipped)), unclipped };
}
