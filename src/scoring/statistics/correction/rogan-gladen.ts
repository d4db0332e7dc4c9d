/**
 * The share that is truly right, from the share that a judge calls right and the judge's own error on a labelled slice. Right also where the
 * slice has another base rate than the run (a fixed calibration set), as long as the judge errs equally often on both.
 */
import { normalQuantile } from "../distributions.ts";
import type { Interval } from "../intervals.ts";

export interface JudgedShare {
  /** Share that the judge calls right. */
  p: number;
  /** Specificity: share judged wrong of what is wrong. */
  q0: number;
  /** Sensitivity: share judged right of what is right. */
  q1: number;
}

const clip = (value: number) => Math.min(1, Math.max(0, value));

function unclipped({ p, q0, q1 }: JudgedShare): number | null {
  const youden = q0 + q1 - 1;
  return youden <= 0 ? null : (p + q0 - 1) / youden;
}

/** (p + q0 − 1)/(q0 + q1 − 1) within [0, 1]; null for a judge that is no better than chance. Source: Rogan & Gladen 1978. */
export function roganGladen(share: JudgedShare): number | null {
  const estimate = unclipped(share);
  return estimate === null ? null : clip(estimate);
}

export interface JudgedCounts extends JudgedShare {
  /** Answers judged without a label. */
  n: number;
  /** Labelled answers that are wrong, from which q0 comes. */
  m0: number;
  /** Labelled answers that are right, from which q1 comes. */
  m1: number;
}

/**
 * Interval of the corrected share that carries the uncertainty of the judged answers and of q0 and q1. The slice must be independent of the
 * judged answers, and its members equally likely within the right and within the wrong ones: with other weights q0 and q1 are not binomial and
 * this does not hold. Null where nothing was judged, or m0 or m1 is 0, or the judge is no better than chance.
 * Source: Lee et al. 2025 (arXiv 2511.21140), the adjusted interval with pseudo-counts z²/2 for p and 1 for q0 and q1.
 */
export function judgeAdjustedCI({ n, m0, m1, ...share }: JudgedCounts, level = 0.95): Interval | null {
  const z = normalQuantile((1 + level) / 2);
  const size = n + z ** 2;
  const p = (n * share.p + z ** 2 / 2) / size;
  const q0 = (m0 * share.q0 + 1) / (m0 + 2);
  const q1 = (m1 * share.q1 + 1) / (m1 + 2);
  const theta = unclipped({ p, q0, q1 });
  if (theta === null || unclipped(share) === null || n === 0 || m0 === 0 || m1 === 0) return null;
  const variance0 = (q0 * (1 - q0)) / (m0 + 2);
  const variance1 = (q1 * (1 - q1)) / (m1 + 2);
  const shift = 2 * z ** 2 * (theta * variance1 - (1 - theta) * variance0);
  const stderr = Math.sqrt((p * (1 - p)) / size + (1 - theta) ** 2 * variance0 + theta ** 2 * variance1) / (q0 + q1 - 1);
  return { low: clip(theta + shift - z * stderr), high: clip(theta + shift + z * stderr) };
}
