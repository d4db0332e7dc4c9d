/** Ratios of two means over the same questions, such as the accuracy of what was attempted. */
import { stderrClustered } from "./clusters.ts";
import { sum } from "./special.ts";
import { mean, meanStderr } from "./summary.ts";

export interface Ratio {
  /** Null where the denominators sum to 0. */
  value: number | null;
  /** Null, too, for fewer than two draws. */
  stderr: number | null;
}

/**
 * r = Σx/Σy, with the standard error of the mean of (x_i − r·y_i)/ȳ: the delta method, since numerator and denominator vary together.
 * Questions that share a cluster count as one draw. Source: Cochran 1977, "Sampling Techniques", §2.11.
 */
export function ratioOfMeans(pairs: readonly { x: number; y: number }[], clusters?: readonly string[]): Ratio {
  const total = sum(pairs.map(({ y }) => y));
  if (total === 0) return { value: null, stderr: null };
  const value = sum(pairs.map(({ x }) => x)) / total;
  const center = mean(pairs.map(({ y }) => y)) ?? 1;
  const residuals = pairs.map(({ x, y }) => (x - value * y) / center);
  return { value, stderr: clusters ? stderrClustered(residuals, clusters) : meanStderr(residuals).stderr };
}
