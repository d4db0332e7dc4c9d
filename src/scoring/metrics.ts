/** Metrics: scores of many trials become one value with its uncertainty. Formulas and their sources: docs/statistics.md. */
import type { Direction, Metric, MetricValue, QuestionScores } from "../core/score.ts";
import { stderrClustered } from "./statistics/clusters.ts";
import { intervalT, wilson, type Interval } from "./statistics/intervals.ts";
import { passAtK as passAtKOf, passHatK as passHatKOf } from "./statistics/pass-at-k.ts";
import { sum } from "./statistics/special.ts";
import { mean as meanOf, meanStderr } from "./statistics/summary.ts";

interface MetricOptions {
  /** Which scorer's values it aggregates, or which part of its scores: `<scorer>.<part>`. */
  score: string;
  name?: string;
}

interface MeanOptions extends MetricOptions {
  /**
   * What a missing score counts as. `exclude` leaves it out; `zero` takes it for 0, as some leaderboards do: the bounds still say what it could
   * have been. Default `exclude`.
   */
  missing?: "exclude" | "zero";
}

/** Smallest and largest value that a score can take. */
interface Range {
  low: number;
  high: number;
}

/** One question, reduced: its value, and what its missing epochs could still make of it. */
interface QuestionValue {
  value: number | null;
  bounds: Range | null;
  clusterKey: string | undefined;
}

const UNIT: Range = { low: 0, high: 1 };

/** Mean over questions of the mean over epochs, for scores in [0, 1]. */
export function accuracy({ name = "accuracy", ...options }: MeanOptions): Metric {
  return mean({ ...options, name, direction: "maximize", range: UNIT });
}

/** Mean over questions of the mean over epochs. Without `range` nothing is known about what missing scores could be. */
export function mean(options: MeanOptions & { direction: Direction; range?: Range }): Metric {
  const { score, name = "mean", direction, range, missing = "exclude" } = options;
  return {
    name,
    score,
    direction,
    compute: (questions) =>
      aggregate(
        questions.map((question) => meanOfEpochs(question, { range, missing })),
        direction,
        range,
      ),
  };
}

/** Unbiased pass@k: the chance that at least one of k attempts has score 1. A question with fewer than k scored attempts has no value. */
export function passAtK(k: number, { score, name = `pass@${k}` }: MetricOptions): Metric {
  return { ...attemptsMetric(name, score, (n, c) => passAtKOf(n, c, k)), minEpochs: k };
}

/** Unbiased pass^k: the chance that all of k attempts have score 1. A question with fewer than k scored attempts has no value. */
export function passHatK(k: number, { score, name = `pass^${k}` }: MetricOptions): Metric {
  return { ...attemptsMetric(name, score, (n, c) => passHatKOf(n, c, k)), minEpochs: k };
}

/**
 * pass@k and pass^k for k = 2, 4, 8 …: shown with as many epochs, so that `--epochs 4` says what four tries reach and what four tries keep.
 * Put behind a task's own metrics.
 */
export function overEpochs({ score }: { score: string }): Metric[] {
  return [2, 4, 8, 16, 32].flatMap((k) => [passAtK(k, { score }), passHatK(k, { score })]);
}

function attemptsMetric(name: string, score: string, estimate: (n: number, c: number) => number | null): Metric {
  const reduce = (question: QuestionScores): QuestionValue => {
    const planned = question.values.length;
    const scored = question.values.filter((value) => value !== null);
    const passed = scored.filter((value) => value >= 1).length;
    const low = estimate(planned, passed);
    const high = estimate(planned, passed + planned - scored.length);
    return {
      value: estimate(scored.length, passed),
      bounds: low === null || high === null ? null : { low, high },
      clusterKey: question.clusterKey,
    };
  };
  return {
    name,
    score,
    direction: "maximize",
    // A question planned with fewer than k attempts can never have a value, so it is no part of the bounds either.
    compute: (questions) =>
      aggregate(
        questions.map(reduce).filter((question) => question.bounds !== null),
        "maximize",
        UNIT,
      ),
  };
}

function meanOfEpochs(
  question: QuestionScores,
  { range, missing }: { range: Range | undefined; missing: "exclude" | "zero" },
): QuestionValue {
  const planned = question.values.length === 0 ? [null] : question.values;
  const scored = planned.filter((value) => value !== null);
  const value = missing === "zero" ? sum(scored) / planned.length : meanOf(scored);
  const absent = planned.length - scored.length;
  const filledWith = (limit: number) => (sum(scored) + absent * limit) / planned.length;
  if (absent === 0 && value !== null) return { value, bounds: { low: value, high: value }, clusterKey: question.clusterKey };
  const bounds = range ? { low: filledWith(range.low), high: filledWith(range.high) } : null;
  return { value, bounds, clusterKey: question.clusterKey };
}

function aggregate(planned: readonly QuestionValue[], direction: Direction, range: Range | undefined): MetricValue {
  const scored = planned.filter((question) => question.value !== null);
  const values = planned.map((question) => question.value).filter((value) => value !== null);
  const clusters = scored.map((question, index) => (question.clusterKey === undefined ? `#${index}` : `=${question.clusterKey}`));
  const { stderr, interval } = uncertainty(values, clusters, range);
  const limits = planned.map((question) => question.bounds).filter((bounds) => bounds !== null);
  const isBounded = limits.length === planned.length;
  return {
    value: meanOf(values),
    stderr,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    n: values.length,
    direction,
    bounds: {
      low: isBounded ? meanOf(limits.map((limit) => limit.low)) : null,
      high: isBounded ? meanOf(limits.map((limit) => limit.high)) : null,
    },
  };
}

/**
 * Standard error of the questions' mean, and its 95 % interval: Wilson's where every question's value is 0 or 1,
 * otherwise Student's t, cut to the scores' range. Questions that share a cluster count as one draw.
 */
function uncertainty(
  values: readonly number[],
  clusters: readonly string[],
  range: Range | undefined,
): { stderr: number | null; interval: Interval | null } {
  const center = meanOf(values);
  if (center === null) return { stderr: null, interval: null };
  const draws = new Set(clusters).size;
  const isClustered = draws < values.length;
  const stderr = isClustered ? stderrClustered(values, clusters) : meanStderr(values).stderr;
  const isBinary = range?.low === 0 && range.high === 1 && values.every((value) => value === 0 || value === 1);
  if (isBinary && !isClustered) return { stderr, interval: wilson(sum(values), values.length) };
  // Clusters that all agree would give an interval of no width: each cluster then is one draw of Wilson's.
  if (isBinary && stderr === 0) return { stderr, interval: wilson(center * draws, draws) };
  if (stderr === null) return { stderr, interval: null };
  return { stderr, interval: cutTo(range, intervalT(center, stderr, draws - 1)) };
}

function cutTo(range: Range | undefined, interval: Interval): Interval {
  if (!range) return interval;
  return { low: Math.max(range.low, interval.low), high: Math.min(range.high, interval.high) };
}
