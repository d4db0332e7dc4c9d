/** The labelled trials: what people together say of each, and how many of the others each stands for. */
import type { StrataField } from "../../core/label.ts";
import { majority } from "../../scoring/statistics/judged/majority.ts";
import { mean } from "../../scoring/statistics/summary.ts";
import type { CalibrationTrial } from "./calibration-trial.ts";
import type { Scale } from "./scale.ts";

export interface LabelledTrial {
  trial: CalibrationTrial;
  /** Category that more people gave than any other; null for a draw. */
  category: number | null;
  /** What each label is worth; null for one that has no value. */
  values: readonly (number | null)[];
  /** Their mean; null where one has no value. */
  value: number | null;
  /** 1 where all were equally likely to be drawn; else judged trials of its stratum over labelled ones, scaled to a mean of 1. */
  weight: number;
}

export interface Slice {
  labelled: LabelledTrial[];
  /** Judged trials without a label. */
  rest: CalibrationTrial[];
  /** Whether every trial was equally likely to be drawn. */
  isEven: boolean;
  /** Whether the strata's shares of the run were planned, or are what was found in it. */
  shares: "fixed" | "counted";
}

export interface Drawing {
  by: StrataField | null;
  strata: readonly { stratum: string; inclusionProbability: number }[];
}

/** How many trials are of a task, and how many of an epoch, is planned; what the trials came to be is not. */
const PLANNED: ReadonlySet<StrataField | null> = new Set([null, "task", "epoch"] as const);

export function sliceOf(trials: readonly CalibrationTrial[], scale: Scale, { by, strata }: Drawing): Slice {
  const labelled = trials.filter(({ people }) => people.length > 0);
  const [first] = strata;
  const isEven = strata.every(({ inclusionProbability }) => Math.abs(inclusionProbability - (first?.inclusionProbability ?? 0)) < 1e-9);
  const weightOf = isEven ? () => 1 : weights(trials, labelled);
  return {
    labelled: labelled.map((trial) => ({ trial, ...togetherOf(trial, scale), weight: weightOf(trial) })),
    rest: trials.filter(({ people }) => people.length === 0),
    isEven,
    shares: PLANNED.has(by) ? "fixed" : "counted",
  };
}

function weights(trials: readonly CalibrationTrial[], labelled: readonly CalibrationTrial[]): (trial: CalibrationTrial) => number {
  const [sizes, drawn] = [Map.groupBy(trials, ({ stratum }) => stratum), Map.groupBy(labelled, ({ stratum }) => stratum)];
  // A stratum without any label is nobody's to stand for.
  const covered = trials.filter(({ stratum }) => drawn.has(stratum)).length;
  return ({ stratum }) =>
    ((sizes.get(stratum)?.length ?? 0) / (drawn.get(stratum)?.length ?? 1)) * (labelled.length / Math.max(covered, 1));
}

function togetherOf({ people }: CalibrationTrial, scale: Scale): Pick<LabelledTrial, "category" | "values" | "value"> {
  const read = people.map(({ label }) => scale.read(label));
  const values = read.flatMap(({ value }) => value ?? []);
  return {
    values: read.map(({ value }) => value),
    category: majority(read.map(({ category }) => category)).winner,
    value: values.length === read.length ? mean(values) : null,
  };
}
