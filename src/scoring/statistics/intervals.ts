/** Confidence intervals of one mean or one proportion. `level` is the two-sided coverage, 0.95 unless said. */
import { betaQuantile, normalQuantile, tQuantile } from "./distributions.ts";
import { meanStderr } from "./summary.ts";

export interface Interval {
  low: number;
  high: number;
}

/** The t interval m ± t(df)·SE around a known mean and standard error. */
export function intervalT(center: number, stderr: number, df: number, level = 0.95): Interval {
  const half = tQuantile((1 + level) / 2, df) * stderr;
  return { low: center - half, high: center + half };
}

/** t interval with n − 1 degrees of freedom; null for fewer than two values. Source: Student 1908. Nothing prints it yet. */
export function ciT(values: readonly number[], level = 0.95): Interval | null {
  const { n, mean, stderr } = meanStderr(values);
  return mean === null || stderr === null ? null : intervalT(mean, stderr, n - 1, level);
}

/** The normal interval m ± z·SE around a known estimate and its standard error. Source: Miller 2024 (arXiv 2411.00640), §2.1. */
export function intervalNormal(center: number, stderr: number, level = 0.95): Interval {
  const half = normalQuantile((1 + level) / 2) * stderr;
  return { low: center - half, high: center + half };
}

/** Normal interval of a mean; null for fewer than two values. Nothing prints it yet. */
export function ciNormal(values: readonly number[], level = 0.95): Interval | null {
  const { mean, stderr } = meanStderr(values);
  return mean === null || stderr === null ? null : intervalNormal(mean, stderr, level);
}

/**
 * Wilson score interval of a proportion; valid at 0 and at n successes; [0, 1] for n = 0, where nothing is known.
 * Source: Wilson 1927; Newcombe 1998, "Two-sided confidence intervals for the single proportion", method 3.
 */
export function wilson(successes: number, n: number, level = 0.95): Interval {
  if (n <= 0) return { low: 0, high: 1 };
  const z2 = normalQuantile((1 + level) / 2) ** 2;
  const p = successes / n;
  const center = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((p * (1 - p)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  return {
    low: successes === 0 ? 0 : Math.max(0, center - half),
    high: successes === n ? 1 : Math.min(1, center + half),
  };
}

/**
 * Exact interval of a proportion; [0, 1] for n = 0, where nothing is known.
 * Source: Clopper & Pearson 1934, in its beta form: L = B⁻¹(α/2; x, n−x+1), U = B⁻¹(1−α/2; x+1, n−x). Nothing prints it yet.
 */
export function clopperPearson(successes: number, n: number, level = 0.95): Interval {
  if (n <= 0) return { low: 0, high: 1 };
  const tail = (1 - level) / 2;
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, n - successes + 1),
    high: successes === n ? 1 : betaQuantile(1 - tail, successes + 1, n - successes),
  };
}
