/** Chances that some, or all, of k attempts succeed, estimated without bias from n attempts of which c succeeded. */
import { mean } from "./summary.ts";

/**
 * Unbiased pass@k: 1 − C(n−c, k) / C(n, k), for n samples of which c are correct; null where n < k.
 * Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374), §2.1.
 */
export function passAtK(n: number, c: number, k: number): number | null {
  if (n < k) return null;
  if (n - c < k) return 1;
  let allFail = 1;
  for (let i = n - c + 1; i <= n; i += 1) allFail *= 1 - k / i;
  return 1 - allFail;
}

/**
 * Unbiased pass^k: C(c, k) / C(n, k), the chance that k attempts all succeed; null where n < k.
 * Source: Yao et al. 2024, "τ-bench" (arXiv 2406.12045), §3.
 */
export function passHatK(n: number, c: number, k: number): number | null {
  if (n < k) return null;
  if (c < k) return 0;
  let allPass = 1;
  for (let i = 0; i < k; i += 1) allPass *= (c - i) / (n - i);
  return allPass;
}

/** How often one question was tried, and how often it was solved. */
export type Attempts = readonly [n: number, c: number];

/** Mean of a per-question estimate over the questions that have at least k attempts; null where none has. */
function meanOverQuestions(questions: readonly Attempts[], k: number, estimate: typeof passAtK): number | null {
  return mean(questions.map(([n, c]) => estimate(n, c, k)).filter((value) => value !== null));
}

/** Mean of pass@k over questions. Source: Chen et al. 2021 (arXiv 2107.03374), §2.1. Nothing prints it yet. */
export function passAtKMean(questions: readonly Attempts[], k: number): number | null {
  return meanOverQuestions(questions, k, passAtK);
}

/** Mean of pass^k over questions. Source: Yao et al. 2024 (arXiv 2406.12045), §3. Nothing prints it yet. */
export function passHatKMean(questions: readonly Attempts[], k: number): number | null {
  return meanOverQuestions(questions, k, passHatK);
}
