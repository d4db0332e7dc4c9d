/** Metrics of answers that may be withheld: what share is right, what share was tried, and how the two go together. */
import type { Direction, Metric, MetricValue, QuestionScores } from "../core/score.ts";
import { mean } from "./metrics.ts";
import { intervalT, wilson, type Interval } from "./statistics/intervals.ts";
import { ratioOfMeans, type Ratio } from "./statistics/ratio.ts";

/** Part `outcome` of a score: what became of a question, as a number that metrics can read. */
export const OUTCOMES = { correct: 1, incorrect: 0, not_attempted: -1 } as const;

const isCorrect = (outcome: number) => outcome === OUTCOMES.correct;
const isAttempted = (outcome: number) => outcome !== OUTCOMES.not_attempted;

/** A number between outcomes, as a mean over judges that differ gives one, is none. */
function outcomesOf(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (Object.values(OUTCOMES).some((outcome) => outcome === value) ? value : null));
}

/**
 * `correct` and `attempted`, shares of all questions; `accuracy given attempted`; and `f1`, the harmonic mean of the first and the third, which
 * is 2c/(n + attempted). The last two are ratios, with the error of one. Source: Wei et al. 2024, "SimpleQA" (arXiv 2411.04368), §2.
 */
export function simpleqaMetrics({ score }: { score: string }): Metric[] {
  return [
    shareOf("correct", score, "maximize", isCorrect),
    // More attempts are neither better nor worse.
    shareOf("attempted", score, "neutral", isAttempted),
    ratio("accuracy given attempted", score, ({ correct, attempted }) => ({ x: correct, y: attempted })),
    ratio("f1", score, ({ correct, attempted }) => ({ x: 2 * correct, y: 1 + attempted })),
  ];
}

function shareOf(name: string, score: string, direction: Direction, counts: (outcome: number) => boolean): Metric {
  const share = mean({ score: `${score}.outcome`, name, direction, range: { low: 0, high: 1 } });
  const asShares = ({ values, ...question }: QuestionScores): QuestionScores => ({
    ...question,
    values: outcomesOf(values).map((value) => (value === null ? null : counts(value) ? 1 : 0)),
  });
  return { ...share, compute: (questions) => share.compute(questions.map(asShares)) };
}

interface Shares {
  correct: number;
  attempted: number;
}

/** What becomes of missing epochs: they are left out, or taken for right or for wrong attempts. */
type Missing = "left out" | "right" | "wrong";

function sharesOf(values: readonly (number | null)[], missing: Missing): Shares {
  const scored = values.filter((value) => value !== null);
  const filled = missing === "left out" ? 0 : values.length - scored.length;
  const all = scored.length + filled;
  return {
    correct: (scored.filter(isCorrect).length + (missing === "right" ? filled : 0)) / all,
    attempted: (scored.filter(isAttempted).length + filled) / all,
  };
}

interface Terms {
  x: number;
  y: number;
}

function ratio(name: string, score: string, terms: (shares: Shares) => Terms): Metric {
  return {
    name,
    score: `${score}.outcome`,
    direction: "maximize",
    compute(questions) {
      const planned = questions.map(({ values, ...question }) => ({
        ...question,
        values: values.length === 0 ? [null] : outcomesOf(values),
      }));
      const scored = planned.filter(({ values }) => values.some((value) => value !== null));
      const pairs = scored.map(({ values }) => terms(sharesOf(values, "left out")));
      const clusters = scored.map(({ clusterKey }, index) => (clusterKey === undefined ? `#${index}` : `=${clusterKey}`));
      const isClustered = new Set(clusters).size < scored.length;
      const estimate = ratioOfMeans(pairs, isClustered ? clusters : undefined);
      const bound = (missing: Missing) => ratioOfMeans(planned.map(({ values }) => terms(sharesOf(values, missing)))).value;
      const interval = intervalOf(estimate, pairs, clusters);
      return {
        ...estimate,
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        n: pairs.filter(({ y }) => y > 0).length,
        direction: "maximize",
        bounds: { low: bound("wrong"), high: bound("right") },
      } satisfies MetricValue;
    },
  };
}

/**
 * Wilson's where every question is a right, a wrong or no attempt at all, and where all draws agree, so that nothing varies; else Student's t,
 * cut to [0, 1].
 */
function intervalOf({ value, stderr }: Ratio, pairs: readonly Terms[], clusters: readonly string[]): Interval | null {
  if (value === null) return null;
  const draws = new Set(clusters.filter((_, index) => (pairs[index]?.y ?? 0) > 0)).size;
  const isBinary = pairs.every(({ x, y }) => (x === 0 || x === 1) && (y === 0 || y === 1));
  if (isBinary && new Set(clusters).size === pairs.length) return wilson(value * draws, draws);
  if ((value === 0 || value === 1) && !stderr) return wilson(value * draws, draws);
  if (stderr === null) return null;
  const { low, high } = intervalT(value, stderr, new Set(clusters).size - 1);
  return { low: Math.max(0, low), high: Math.min(1, high) };
}
