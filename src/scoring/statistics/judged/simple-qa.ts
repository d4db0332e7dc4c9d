/** Scores for answers that may be withheld, from counts. Nothing prints these: `simpleqa-metrics.ts` says the same of runs, and is tested against them. */

export interface SimpleQAScore {
  /** Share correct of all questions. */
  correct: number | null;
  /** Share attempted of all questions. */
  attempted: number | null;
  accuracyGivenAttempted: number | null;
  /** Harmonic mean of `correct` and `accuracyGivenAttempted`. */
  f1: number | null;
}

/**
 * Shares of correct, incorrect and not attempted answers; F1 = 2c/(n + attempted), which is the harmonic mean wherever that exists, and 0
 * where nothing is correct. Null without questions. Source: Wei et al. 2024, "SimpleQA" (arXiv 2411.04368), §2.
 */
export function simpleQA(counts: { correct: number; incorrect: number; notAttempted: number }): SimpleQAScore {
  const attempted = counts.correct + counts.incorrect;
  const n = attempted + counts.notAttempted;
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    correct: share(counts.correct, n),
    attempted: share(attempted, n),
    accuracyGivenAttempted: share(counts.correct, attempted),
    f1: share(2 * counts.correct, n + attempted),
  };
}
