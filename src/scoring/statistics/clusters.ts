/** Uncertainty where questions come in groups that are not independent (same passage, template, repository). */
import { sum } from "./special.ts";
import { mean } from "./summary.ts";

export interface ClusteredOptions {
  /** Multiplies the variance by C/(C−1), C the number of clusters; then one cluster gives null. Default true. */
  smallSample?: boolean;
}

/**
 * Clustered standard error √(Σ_c (Σ_{i∈c} (s_i − m))²)/n; null without values, or for one cluster.
 * Source: Miller 2024 (arXiv 2411.00640), appendix A; the C/(C−1) factor: Cameron & Miller 2015, §VI.
 */
export function stderrClustered(values: readonly number[], clusters: readonly string[], options: ClusteredOptions = {}): number | null {
  const center = mean(values);
  if (center === null) return null;
  const residuals = new Map<string, number[]>();
  values.forEach((value, index) => {
    const key = clusters[index] ?? "";
    const group = residuals.get(key);
    if (group) group.push(value - center);
    else residuals.set(key, [value - center]);
  });
  if (residuals.size < 2) return null;
  const squares = sum([...residuals.values()].map((group) => sum(group) ** 2));
  const correction = options.smallSample === false ? 1 : residuals.size / (residuals.size - 1);
  return Math.sqrt(squares * correction) / values.length;
}

/** Design effect 1 + (k−1)·ρ of clusters of k questions with intraclass correlation ρ. Source: Kish 1965, "Survey Sampling", §5.4. Nothing prints it yet. */
export function designEffect(clusterSize: number, intraclassCorrelation: number): number {
  return 1 + (clusterSize - 1) * intraclassCorrelation;
}
