/** Whether longer answers get better verdicts from this judge. */
import { lengthBias, type LengthBias } from "../../scoring/statistics/judge-quality/length-bias.ts";
import { mean } from "../../scoring/statistics/summary.ts";
import type { CalibrationTrial, Refused } from "./calibration-trial.ts";
import type { LabelledTrial } from "./slice.ts";

export interface LengthBiases {
  /** Over all judged trials: bias and longer answers being better, both at once. Null where undefined. */
  all: LengthBias | null | Refused;
  /** Over labelled trials, people's labels held equal: bias alone. Null where undefined, or without labels. */
  atEqualLabels: LengthBias | null | Refused;
}

const REFUSED = { refused: "the judge compares two answers, and the length of the other one is not on record" };

export function lengthBiases(trials: readonly CalibrationTrial[], labelled: readonly LabelledTrial[]): LengthBiases {
  if (trials.some(({ verdicts }) => verdicts.some(({ order }) => order === "swapped"))) return { all: REFUSED, atEqualLabels: REFUSED };
  const toUnit = unitScale(trials);
  const judged = trials.flatMap(({ value, outputLength }) => (value === null ? [] : [{ verdict: toUnit(value), length: outputLength }]));
  const both = labelled.flatMap(({ trial, value }) =>
    trial.value === null || value === null ? [] : [{ verdict: toUnit(trial.value), length: trial.outputLength, truth: value }],
  );
  return {
    all: biasOf(judged),
    atEqualLabels: biasOf(
      both,
      both.map(({ truth }) => truth),
    ),
  };
}

function biasOf(of: readonly { verdict: number; length: number }[], truths?: readonly number[]): LengthBias | null {
  const center = mean(of.map(({ length }) => length)) ?? 0;
  return lengthBias(
    of.map(({ verdict }) => verdict),
    of.map(({ length }) => length - center),
    truths && { truths },
  );
}

/** Onto [0, 1], where values lie outside of it. */
function unitScale(trials: readonly CalibrationTrial[]): (value: number) => number {
  const values = trials.flatMap(({ value }) => value ?? []);
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 1);
  return (value) => (value - low) / (high - low);
}
