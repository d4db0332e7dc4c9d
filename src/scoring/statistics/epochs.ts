/** Several attempts (epochs) per question: how much of the uncertainty they can and cannot remove. Nothing prints it yet. */
import { mean, meanStderr, variance } from "./summary.ts";

export interface EpochVariance {
  /** Mean over questions of the mean over attempts. */
  mean: number | null;
  /** From the questions' means, whatever the number of attempts. */
  stderr: number | null;
  /** Mean over questions of the variance of one question's attempts; null where some question has fewer than two. */
  within: number | null;
  /** Variance of the questions' true means; may come out negative, since it is a difference of two estimates. */
  between: number | null;
}

/**
 * Total variance of the question means = between + within/K, by the law of total variance. With unequal numbers of attempts every
 * question still has weight 1; `between` then is null. Source: Miller 2024 (arXiv 2411.00640), §3.1.
 */
export function epochsDecompose(scores: readonly (readonly number[])[]): EpochVariance {
  const scored = scores.filter((attempts) => attempts.length > 0);
  const summary = meanStderr(scored.map((attempts) => mean(attempts) ?? 0));
  const spreads = scored.map((attempts) => variance(attempts));
  const known = spreads.filter((spread) => spread !== null);
  const within = known.length === scored.length ? mean(known) : null;
  const [epochs = 0] = scored.map((attempts) => attempts.length);
  const isBalanced = scored.every((attempts) => attempts.length === epochs);
  const between = summary.variance === null || within === null || !isBalanced ? null : summary.variance - within / epochs;
  return { mean: summary.mean, stderr: summary.stderr, within, between };
}

/**
 * Standard error that n questions with K attempts each would have: √((between + within/K)/n); null where that is not positive or zero.
 * Source: Miller 2024 (arXiv 2411.00640), §3.1.
 */
export function epochsPredictStderr({
  between,
  within,
  n,
  epochs,
}: {
  between: number;
  within: number;
  n: number;
  epochs: number;
}): number | null {
  const total = between + within / epochs;
  return total < 0 || n < 1 || epochs < 1 ? null : Math.sqrt(total / n);
}
