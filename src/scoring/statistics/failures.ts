/** What answers that could not be read leave undecided. Nothing prints it yet: metrics have `bounds`. */

export interface ParseFailureBounds {
  /** Share of correct answers among those that could be read. */
  excluding: number | null;
  /** Were every failure wrong. */
  lower: number | null;
  /** Were every failure right. */
  upper: number | null;
}

/** The score over what was parsed, and its bounds [c/n, (c+f)/n]. Source: Manski 1989, worst-case bounds for missing outcomes. */
export function parseFailureBounds({
  correct,
  incorrect,
  failed,
}: {
  correct: number;
  incorrect: number;
  failed: number;
}): ParseFailureBounds {
  const parsed = correct + incorrect;
  const all = parsed + failed;
  return {
    excluding: parsed === 0 ? null : correct / parsed,
    lower: all === 0 ? null : correct / all,
    upper: all === 0 ? null : (correct + failed) / all,
  };
}
