/** Whether longer answers get better verdicts. */
import { intervalNormal, type Interval } from "../intervals.ts";
import { logisticRegression } from "../logistic.ts";
import { variance } from "../summary.ts";

export interface LengthBias {
  n: number;
  /** Change of the verdict's log-odds from an answer of middling length to a far longer one; 0 for no bias. */
  slope: number;
  stderr: number;
  interval: Interval;
}

/** tanh(d/sd) of each difference in length, which keeps one huge answer from deciding the slope; null where lengths do not differ. */
export function lengthTerms(differences: readonly number[]): number[] | null {
  const spread = variance(differences);
  return spread === null || spread === 0 ? null : differences.map((difference) => Math.tanh(difference / Math.sqrt(spread)));
}

/**
 * Logistic slope of verdicts in [0, 1] on tanh(d/sd), d an answer's length less the mean length (of a pair: less the other's length).
 * `truths` holds people's labels, where they exist, equal: without them the slope mixes bias with longer answers being better. Null where
 * lengths do not differ or the fit does not exist. Source of the length term: Dubois et al. 2024 (arXiv 2404.04475), §3.
 */
export function lengthBias(
  verdicts: readonly number[],
  differences: readonly number[],
  { truths, level = 0.95 }: { truths?: readonly number[]; level?: number } = {},
): LengthBias | null {
  const terms = lengthTerms(differences);
  const fit =
    terms &&
    logisticRegression(
      terms.map((term, index) => (truths === undefined ? [1, term] : [1, term, truths[index] ?? 0])),
      verdicts,
    );
  const slope = fit?.coefficients[1];
  const stderr = fit?.stderrs[1];
  if (slope === undefined || stderr === undefined) return null;
  return { n: verdicts.length, slope, stderr, interval: intervalNormal(slope, stderr, level) };
}
