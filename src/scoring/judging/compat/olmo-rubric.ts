/** The share of the maximum that the first `Score: n` says, cut to [0, 1]; 0 where there is none. Source: olmo-eval, RubricJudgeScorer. */
export function olmoRubricScore(text: string, { max }: { max: number }): number {
  const score = /Score:\s*(\d+(?:\.\d+)?)/i.exec(text)?.[1];
  return score === undefined ? 0 : Math.min(1, Math.max(0, Number(score) / max));
}
