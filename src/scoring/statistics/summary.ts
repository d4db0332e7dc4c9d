/** Mean and standard error of independent values. */
import { sum } from "./special.ts";

export interface Summary {
  n: number;
  mean: number | null;
  /** Sample variance, divided by n − 1. */
  variance: number | null;
  stderr: number | null;
}

/** Arithmetic mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}

/** Sample variance, divided by n − 1; null for fewer than two values. */
export function variance(values: readonly number[]): number | null {
  const center = mean(values);
  if (center === null || values.length < 2) return null;
  return sum(values.map((value) => (value - center) ** 2)) / (values.length - 1);
}

/**
 * Mean, sample variance and standard error s/√n. For 0/1 values that is √(p(1−p)/(n−1)).
 * Source: Miller 2024, "Adding Error Bars to Evals" (arXiv 2411.00640), §2.1.
 */
export function meanStderr(values: readonly number[]): Summary {
  const spread = variance(values);
  return {
    n: values.length,
    mean: mean(values),
    variance: spread,
    stderr: spread === null ? null : Math.sqrt(spread / values.length),
  };
}

/** Pearson's correlation of paired values; null for fewer than two pairs, or where one of the two does not vary. Source: Pearson 1895. */
export function pearson(a: readonly number[], b: readonly number[]): number | null {
  const [centerA, centerB] = [mean(a), mean(b)];
  if (centerA === null || centerB === null) return null;
  const deviationsA = a.map((value) => value - centerA);
  const deviationsB = b.map((value) => value - centerB);
  const spread = Math.sqrt(sum(deviationsA.map((value) => value ** 2)) * sum(deviationsB.map((value) => value ** 2)));
  return spread === 0 ? null : sum(deviationsA.map((value, index) => value * (deviationsB[index] ?? 0))) / spread;
}
