/** The run's score as the judge gives it, and as people would have given it. */
import { ppiStratified, type PpiEstimate, type Stratum } from "../../scoring/statistics/correction/ppi.ts";
import { judgeAdjustedCI, roganGladen } from "../../scoring/statistics/correction/rogan-gladen.ts";
import { stderrClustered } from "../../scoring/statistics/clusters.ts";
import { intervalNormal, type Interval } from "../../scoring/statistics/intervals.ts";
import { mean } from "../../scoring/statistics/summary.ts";
import { UNEVEN, WORDS_ONLY, type IsRight, type RightAndWrong } from "./against-people.ts";
import { isRefused, type CalibrationTrial, type Refused } from "./calibration-trial.ts";
import type { Slice } from "./slice.ts";

export interface RawScore {
  /** Judged trials. */
  n: number;
  mean: number | null;
  /** Clustered by question. */
  stderr: number | null;
  interval: Interval | Refused;
}

export interface Estimate extends Omit<PpiEstimate, "interval"> {
  interval: Interval | Refused;
}

export interface Scores {
  raw: RawScore;
  /** The labels alone. */
  people: Estimate | Refused;
  ppi: Estimate | Refused;
  /** Of the share of right answers. */
  roganGladen: { estimate: number; interval: Interval } | Refused;
}

/** The mean of the judge's values over trials. */
export function rawScore(trials: readonly { value: number; cluster: string }[]): RawScore {
  const values = trials.map(({ value }) => value);
  const center = mean(values);
  const stderr = stderrClustered(
    values,
    trials.map(({ cluster }) => cluster),
  );
  const isKnown = center !== null && stderr !== null && stderr > 0;
  return { n: values.length, mean: center, stderr, interval: isKnown ? intervalNormal(center, stderr) : NO_SPREAD };
}

const NO_SPREAD = { refused: "nothing varies, so that the error is not known" };

/** An error of 0 says that too little was seen, and not that nothing is left to know. */
export function estimateOf(estimate: PpiEstimate | null): Estimate | Refused {
  if (estimate === null) return { refused: "fewer than two labels" };
  return estimate.stderr > 0 ? estimate : { ...estimate, interval: NO_SPREAD };
}

/** `why` refuses every correction: the slice is no random sample of what was judged. */
export function scoresOf(
  trials: readonly CalibrationTrial[],
  slice: Slice,
  { confusion, isRight, why }: { confusion: RightAndWrong | Refused; isRight: IsRight | undefined; why: string | undefined },
): Scores {
  const valued = trials.flatMap(({ value, cluster }) => (value === null ? [] : [{ value, cluster }]));
  const strata = why === undefined ? strataOf(slice, trials.length) : { refused: why };
  const estimate = (lambda: 0 | "auto") =>
    isRefused(strata) ? strata : estimateOf(ppiStratified(strata, { lambda, shares: slice.shares }));
  return {
    raw: rawScore(valued),
    people: estimate(0),
    ppi: estimate("auto"),
    roganGladen: why === undefined ? roganGladenOf(slice, confusion, isRight) : { refused: why },
  };
}

function strataOf({ labelled, rest }: Slice, total: number): Stratum[] | Refused {
  const names = new Set([...labelled.map(({ trial }) => trial.stratum), ...rest.map(({ stratum }) => stratum)]);
  const strata: Stratum[] = [];
  for (const name of names) {
    const own = labelled.filter(({ trial }) => trial.stratum === name);
    const others = rest.filter(({ stratum }) => stratum === name);
    if (own.length < 2) return { refused: tooFew(names.size, name, own.length) };
    const both = own.flatMap(({ trial, value }) => (trial.value === null || value === null ? [] : [{ trial, judge: trial.value, value }]));
    const judged = others.flatMap(({ value, cluster }) => (value === null ? [] : [{ value, cluster }]));
    if (both.length < own.length || judged.length < others.length) return { refused: WORDS_ONLY };
    strata.push({
      share: (own.length + others.length) / total,
      human: both.map(({ value }) => value),
      judgeOnHuman: both.map(({ judge }) => judge),
      judgeOnRest: judged.map(({ value }) => value),
      clusters: { human: both.map(({ trial }) => trial.cluster), rest: judged.map(({ cluster }) => cluster) },
    });
  }
  return strata.length > 0 ? strata : { refused: "no trial has a label" };
}

/** Why a stratum cannot be corrected. */
export function tooFew(strata: number, name: string, labels: number): string {
  const where = strata === 1 ? "" : ` in the stratum ${name}`;
  return labels === 0 && strata === 1
    ? "no trial has a label"
    : `${labels === 0 ? "no label" : "one label only"}${where}, so that its error is not known`;
}

function roganGladenOf({ rest, isEven }: Slice, confusion: RightAndWrong | Refused, isRight: IsRight | undefined): Scores["roganGladen"] {
  if (isRefused(confusion)) return confusion;
  if (!isRight) return { refused: "nobody said which values are right" };
  if (!isEven) return { refused: UNEVEN };
  const { sensitivity: q1, specificity: q0, counts } = confusion;
  if (q1 === null || q0 === null) return { refused: `no labelled answer is ${q1 === null ? "right" : "wrong"}` };
  const values = rest.flatMap(({ value }) => value ?? []);
  if (values.length < rest.length) return { refused: WORDS_ONLY };
  const p = mean(values.map((value) => (isRight(value) ? 1 : 0)));
  if (p === null) return { refused: "every judged trial has a label, so that there is nothing to correct" };
  const estimate = roganGladen({ p, q0, q1 });
  const interval = judgeAdjustedCI({ p, q0, q1, n: rest.length, m0: counts.fp + counts.tn, m1: counts.tp + counts.fn });
  return estimate === null || interval === null ? { refused: "the judge is no better than chance" } : { estimate, interval };
}
