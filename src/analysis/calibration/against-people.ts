/** How far the judge agrees with people, and people with each other. */
import { majority } from "../../scoring/statistics/judged/majority.ts";
import { cohenKappa, weightedKappa, type Kappa } from "../../scoring/statistics/agreement/cohen-kappa.ts";
import { gwetAC1 } from "../../scoring/statistics/agreement/gwet-ac1.ts";
import { krippendorffAlpha } from "../../scoring/statistics/agreement/krippendorff-alpha.ts";
import { raterAgreement, type RaterAgreement } from "../../scoring/statistics/agreement/raters.ts";
import { judgeConfusion, type ConfusionCounts, type JudgeConfusion } from "../../scoring/statistics/judge-quality/confusion.ts";
import { wilson, type Interval } from "../../scoring/statistics/intervals.ts";
import type { Refused } from "./calibration-trial.ts";
import type { Scale } from "./scale.ts";
import type { LabelledTrial, Slice } from "./slice.ts";

/** Why what is no number is not corrected. */
export const WORDS_ONLY = "some verdicts or labels are words without a value";

export interface AgreementWithPeople extends Kappa {
  /** Of po; Wilson's. */
  interval: Interval | Refused;
  /** Of ordered categories; null where they have no order, and where undefined. */
  weightedKappa: { linear: number; quadratic: number } | null;
  ac1: number | null;
  alpha: number | null | Refused;
  /** Trials left out because as many people say one thing as another. */
  undecided: number;
}

/** Why a formula for simple random samples is not used. */
export const UNEVEN = "trials were drawn with unequal chances, and the formula is for equal ones";

/** Shares and κ are of the table of weights, so that they are the run's and not the slice's; `n` is how many trials they rest on. */
export function agreementWithPeople({ labelled, isEven }: Slice, scale: Scale): AgreementWithPeople {
  const decided = labelled.flatMap((one) => (one.category === null ? [] : [{ ...one, category: one.category }]));
  const table = scale.categories.map(() => scale.categories.map(() => 0));
  for (const { trial, category, weight } of decided) {
    const row = table[scale.judged(trial)];
    if (row) row[category] = (row[category] ?? 0) + weight;
  }
  const equal = decided.filter(({ trial, category }) => scale.judged(trial) === category).length;
  const kappa = cohenKappa(table);
  const [linear, quadratic] = [weightedKappa(table, "linear"), weightedKappa(table, "quadratic")];
  const isOrdered = scale.level !== "nominal" && linear !== null && quadratic !== null;
  return {
    ...kappa,
    n: decided.length,
    interval: isEven ? wilson(equal, decided.length) : { refused: UNEVEN },
    weightedKappa: isOrdered ? { linear, quadratic } : null,
    ac1: gwetAC1(table),
    alpha: isEven ? alphaOf(decided, scale) : { refused: UNEVEN },
    undecided: labelled.length - decided.length,
  };
}

/** On the categories' ranks, or on values where there are too many for categories. */
function alphaOf(decided: readonly (LabelledTrial & { category: number })[], scale: Scale): number | null {
  const units = decided.map(({ trial, category, value }) =>
    scale.level === "interval" ? [trial.value, value] : [scale.judged(trial), category],
  );
  return krippendorffAlpha(units, scale.level);
}

export interface RightAndWrong extends Omit<JudgeConfusion, "intervals"> {
  counts: ConfusionCounts;
  intervals: JudgeConfusion["intervals"] | Refused;
}

/** Which values are right: from a threshold up, or 1 where there is nothing but 0 and 1. */
export type IsRight = (value: number) => boolean;

/** `isRight` is undefined where nobody said what counts as right. Trials on which people are evenly divided are left out. */
export function confusionOf({ labelled, isEven }: Slice, isRight: IsRight | undefined): RightAndWrong | Refused {
  if (!isRight) return { refused: "values are not all 0 or 1; say from which value on an answer is right: --threshold VALUE" };
  const counts: ConfusionCounts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  const weights: ConfusionCounts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (const { trial, values, weight } of labelled) {
    const said = values.flatMap((value) => (value === null ? [] : [isRight(value) ? 1 : 0]));
    if (trial.value === null || said.length < values.length) return { refused: WORDS_ONLY };
    const truth = majority(said).winner;
    if (truth === null) continue;
    const cell = truth === 1 ? (isRight(trial.value) ? "tp" : "fn") : isRight(trial.value) ? "fp" : "tn";
    counts[cell] += 1;
    weights[cell] += weight;
  }
  const confusion = judgeConfusion(weights);
  return { ...confusion, counts, intervals: isEven ? confusion.intervals : { refused: UNEVEN } };
}

export interface PeopleAgreement extends RaterAgreement {
  labellers: string[];
}

/** What no judge can be asked to exceed; null with fewer than two labellers. It is the slice's, not the run's, where strata were drawn unevenly. */
export function peopleAgreement({ labelled }: Slice, scale: Scale): PeopleAgreement | null {
  const labellers = [...new Set(labelled.flatMap(({ trial }) => trial.people.map(({ labeller }) => labeller)))].toSorted();
  if (labellers.length < 2) return null;
  const codeOf = (label: string | number) => (scale.level === "interval" ? scale.read(label).value : scale.read(label).category);
  const units = labelled.map(({ trial }) =>
    labellers.map((labeller) => {
      const given = trial.people.find((person) => person.labeller === labeller);
      return given === undefined ? null : codeOf(given.label);
    }),
  );
  return { labellers, ...raterAgreement(units, scale.level) };
}
