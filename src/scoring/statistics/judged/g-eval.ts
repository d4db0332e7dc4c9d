/** Scores weighted by how likely the judge was to give them. Source of both: Liu et al. 2023, "G-Eval" (arXiv 2303.16634), §2. */
import { meanStderr } from "../summary.ts";

/** Σ p·s/Σ p over the tokens that are scores; null where none of the likely tokens is one, which is a verdict that could not be read. */
export function gEval(probabilities: readonly (readonly [score: number, probability: number])[]): number | null {
  const total = probabilities.reduce((sum, [, probability]) => sum + probability, 0);
  if (total <= 0) return null;
  return probabilities.reduce((sum, [score, probability]) => sum + score * probability, 0) / total;
}

export interface SampledScore {
  mean: number | null;
  /** sd/√n over the samples that were read. */
  stderr: number | null;
  n: number;
  failed: number;
}

/** The mean of sampled scores, for judges that give no probabilities; null is a sample that could not be read, left out and counted. Nothing prints it yet. */
export function gEvalSamples(samples: readonly (number | null)[]): SampledScore {
  const { mean, stderr, n } = meanStderr(samples.filter((sample) => sample !== null));
  return { mean, stderr, n, failed: samples.length - n };
}
