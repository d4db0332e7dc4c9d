/** Which of two is better, as a chance. Nothing prints it yet. */
import { normalCdf } from "./distributions.ts";

/** Φ(diff/SE), the chance that the true difference is positive, under a flat prior; null without a positive standard error. Source: Gelman et al. 2013, "Bayesian Data Analysis", §2.5. */
export function probBetter({ diff, stderr }: { diff: number; stderr: number }): number | null {
  return stderr > 0 ? normalCdf(diff / stderr) : null;
}
