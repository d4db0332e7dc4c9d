import { describe, expect, test } from "vitest";
import { agreementWithPeople, confusionOf, peopleAgreement } from "../../../src/analysis/calibration/against-people.ts";
import type { CalibrationTrial } from "../../../src/analysis/calibration/calibration-trial.ts";
import { scaleOf } from "../../../src/analysis/calibration/scale.ts";
import { sliceOf, type Drawing } from "../../../src/analysis/calibration/slice.ts";
import { cohenKappa } from "../../../src/scoring/statistics/agreement/cohen-kappa.ts";
import { judgeConfusion } from "../../../src/scoring/statistics/judge-quality/confusion.ts";
import { times, trial } from "./trials.ts";

const EVEN: Drawing["strata"] = [{ stratum: "all", inclusionProbability: 0.5 }];
const isOne = (value: number) => value >= 1;

function examined(trials: readonly CalibrationTrial[], strata = EVEN) {
  const scale = scaleOf(trials);
  return { scale, slice: sliceOf(trials, scale, { by: null, strata }) };
}

/** tp, fp, fn, tn labelled trials. */
const table = (tp: number, fp: number, fn: number, tn: number) => [
  ...times(tp, () => trial(1, [1])),
  ...times(fp, () => trial(1, [0])),
  ...times(fn, () => trial(0, [1])),
  ...times(tn, () => trial(0, [0])),
];

describe("a judge against people", () => {
  test("agrees and errs as its table says, with κ beside po and n", () => {
    const { scale, slice } = examined([...table(45, 8, 5, 42), ...times(30, () => trial(1))]);
    expect(slice.rest).toHaveLength(30);
    const agreement = agreementWithPeople(slice, scale);
    expect(agreement).toMatchObject({
      ...cohenKappa([
        [42, 5],
        [8, 45],
      ]),
      undecided: 0,
      weightedKappa: null,
    });
    expect(confusionOf(slice, isOne)).toEqual({
      ...judgeConfusion({ tp: 45, fp: 8, fn: 5, tn: 42 }),
      counts: { tp: 45, fp: 8, fn: 5, tn: 42 },
    });
  });
  test("is weighted to the run where strata were drawn unevenly, and what has no weighted formula is refused with the reason", () => {
    const of = (stratum: string, trials: CalibrationTrial[]) => trials.map((one) => ({ ...one, stratum }));
    const trials = [
      ...of("rare", [...times(4, () => trial(1, [1])), ...times(6, () => trial(1, [0]))]),
      ...of("common", [...times(10, () => trial(0, [0])), ...times(80, () => trial(0))]),
    ];
    const { scale, slice } = examined(trials, [
      { stratum: "rare", inclusionProbability: 1 },
      { stratum: "common", inclusionProbability: 1 / 9 },
    ]);
    const agreement = agreementWithPeople(slice, scale);
    expect(agreement.n).toBe(20);
    // of 100 trials: 4 right, 6 wrongly called right, 90 wrong; of the slice alone it would be 14 of 20.
    expect(agreement.po).toBeCloseTo(0.94, 12);
    const refusal = { refused: "trials were drawn with unequal chances, and the formula is for equal ones" };
    expect(agreement).toMatchObject({ interval: refusal, alpha: refusal });
    const confusion = confusionOf(slice, isOne);
    expect(confusion).toMatchObject({ counts: { tp: 4, fp: 6, fn: 0, tn: 10 }, sensitivity: 1, intervals: refusal });
    expect(confusion).toMatchObject({ specificity: expect.closeTo(90 / 96, 12) });
  });
  test("leaves out trials on which as many people say one thing as another", () => {
    const { scale, slice } = examined([...table(3, 1, 1, 3), trial(1, [1, 0]), trial(1, [1, 0, 1])]);
    expect(agreementWithPeople(slice, scale)).toMatchObject({ n: 9, undecided: 1 });
    expect(confusionOf(slice, isOne)).toMatchObject({ counts: { tp: 4, fp: 1, fn: 1, tn: 3 } });
  });
  test("on an ordered scale has weighted κ, and no sensitivity until somebody says what is right", () => {
    const { scale, slice } = examined([trial(0, [0]), trial(0.5, [0]), trial(0.5, [0.5]), trial(1, [1]), trial(1, [1])]);
    const { weightedKappa, kappa } = agreementWithPeople(slice, scale);
    expect(weightedKappa?.quadratic).toBeGreaterThan(weightedKappa?.linear ?? 1);
    expect(weightedKappa?.linear).toBeGreaterThan(kappa ?? 1);
    expect(confusionOf(slice, undefined)).toEqual({
      refused: "values are not all 0 or 1; say from which value on an answer is right: --threshold VALUE",
    });
    expect(confusionOf(slice, (value) => value >= 0.5)).toMatchObject({ counts: { tp: 3, fp: 1, fn: 0, tn: 1 } });
  });
});

describe("what people's labels mean", () => {
  const worded = (label: string, value: number, people: (string | number)[]) => trial(value, people, { label });
  test("is read by the judge's own words, in any spelling, and by the values of these", () => {
    const trials = [
      worded("correct", 1, ["Correct", 1]),
      worded("not_attempted", 0, ["not attempted"]),
      worded("incorrect", 0, ["incorrect"]),
    ];
    const scale = scaleOf(trials);
    expect(scale.unknownWords).toEqual([]);
    expect(scale.read("Not-Attempted")).toEqual(scale.read("not_attempted"));
    expect(scale.categories[scale.read(1).category]).toBe("correct");
    expect(agreementWithPeople(sliceOf(trials, scale, { by: null, strata: EVEN }), scale)).toMatchObject({ n: 3, po: 1 });
  });
  test("is the judge's word of the same worth, where people use another that everybody knows", () => {
    const trials = [worded("correct", 1, ["yes"]), worded("incorrect", 0, ["no"]), worded("correct", 1, ["correct"])];
    expect(agreementWithPeople(sliceOf(trials, scaleOf(trials), { by: null, strata: EVEN }), scaleOf(trials))).toMatchObject({
      n: 3,
      po: 1,
    });
  });
  test("has no value where a class is right for one trial and wrong for the next, unless people speak in numbers", () => {
    const classes = [worded("spam", 1, ["spam"]), worded("spam", 0, ["news"]), worded("news", 1, ["news"])];
    const { scale, slice } = examined(classes);
    expect(agreementWithPeople(slice, scale)).toMatchObject({ n: 3, po: expect.closeTo(2 / 3, 12) });
    expect(scale.read("spam").value).toBeNull();
    expect(scale.unknownWords).toEqual([]);
    expect(confusionOf(slice, isOne)).toEqual({ refused: "some verdicts or labels are words without a value" });
    const inNumbers = examined([worded("spam", 1, [1]), worded("spam", 0, [1]), worded("news", 1, [1]), worded("news", 0, [0])]);
    expect(confusionOf(inNumbers.slice, isOne)).toMatchObject({ counts: { tp: 2, fp: 0, fn: 1, tn: 1 } });
  });
  test("of scorers that give numbers only is read by words that everybody knows; other words have no value and are told", () => {
    const scale = scaleOf([trial(1, ["yes"]), trial(0, ["wrong"]), trial(0, ["mostly"])]);
    expect(scale.read("correct").value).toBe(1);
    expect(scale.categories[scale.read("yes").category]).toBe("1");
    expect(scale.unknownWords).toEqual(["mostly"]);
    expect(scale.read("mostly").value).toBeNull();
  });
});

test("people among themselves agree as their labels say, however few some gave; one labeller has nobody to agree with", () => {
  const { scale, slice } = examined([trial(1, [1, 1, 1]), trial(1, [0, 0, 1]), trial(0, [0, null, null]), trial(0, [0, 0, null])]);
  expect(peopleAgreement(slice, scale)).toMatchObject({
    labellers: ["ada", "bob", "cleo"],
    n: 3,
    po: expect.closeTo(7 / 9, 12),
    fleiss: null,
  });
  const alone = examined([trial(1, [1]), trial(0, [0])]);
  expect(peopleAgreement(alone.slice, alone.scale)).toBeNull();
});
