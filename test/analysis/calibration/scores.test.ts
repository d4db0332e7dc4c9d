import { describe, expect, test } from "vitest";
import { confusionOf } from "../../../src/analysis/calibration/against-people.ts";
import { isRefused, type CalibrationTrial } from "../../../src/analysis/calibration/calibration-trial.ts";
import { scoresOf } from "../../../src/analysis/calibration/corrected.ts";
import { differenceOf, type Side } from "../../../src/analysis/calibration/difference.ts";
import { scaleOf } from "../../../src/analysis/calibration/scale.ts";
import { sliceOf, type Drawing } from "../../../src/analysis/calibration/slice.ts";
import { ppiMean } from "../../../src/scoring/statistics/correction/ppi.ts";
import { roganGladen } from "../../../src/scoring/statistics/correction/rogan-gladen.ts";
import { randomStream } from "../../scoring/random-stream.ts";
import { times, trial } from "./trials.ts";

const EVEN: Drawing["strata"] = [{ stratum: "all", inclusionProbability: 0.1 }];
const isRight = (value: number) => value >= 1;

function scored(trials: readonly CalibrationTrial[], strata = EVEN, why?: string) {
  const slice = sliceOf(trials, scaleOf(trials), { by: null, strata });
  return scoresOf(trials, slice, { confusion: confusionOf(slice, isRight), isRight, why });
}

/** Half are truly right; the judge calls 95 % of these right, and 30 % of the others. */
function lenient(seed: number, labelled: number, rest: number): CalibrationTrial[] {
  const random = randomStream(seed);
  return Array.from({ length: labelled + rest }, (_value, index) => {
    const truth = random() < 0.5 ? 1 : 0;
    const judged = random() < (truth === 1 ? 0.95 : 0.3) ? 1 : 0;
    return trial(judged, index < labelled ? [truth] : []);
  });
}

describe("a lenient judge's score", () => {
  const scores = scored(lenient(7, 300, 3000));
  test("is too high as judged, and both corrections bring it back, with narrower intervals than the labels alone", () => {
    const { raw, people, ppi, roganGladen } = scores;
    if (isRefused(people) || isRefused(ppi) || isRefused(roganGladen)) throw new Error("refused");
    expect(raw.mean).toBeGreaterThan(0.6);
    for (const { estimate, interval } of [ppi, roganGladen]) {
      expect(estimate).toBeGreaterThan(0.42);
      expect(estimate).toBeLessThan(0.58);
      expect(interval).toMatchObject({ low: expect.any(Number) });
    }
    expect(ppi.stderr).toBeLessThan(people.stderr);
    expect(ppi.lambda).toBeGreaterThan(0.4);
  });
  test("is what the formulas give of its trials", () => {
    const trials = [
      ...times(3, () => trial(1, [1])),
      trial(1, [0]),
      trial(0, [1]),
      ...times(3, () => trial(0, [0])),
      trial(1),
      trial(1),
      trial(0),
    ];
    const { ppi, roganGladen: corrected } = scored(trials);
    const human = [1, 1, 1, 0, 1, 0, 0, 0];
    expect(ppi).toEqual(ppiMean({ human, judgeOnHuman: [1, 1, 1, 1, 0, 0, 0, 0], judgeOnRest: [1, 1, 0] }));
    expect(corrected).toMatchObject({ estimate: roganGladen({ p: 2 / 3, q0: 0.75, q1: 0.75 }) });
  });
});

describe("a correction is refused with the reason", () => {
  const refusals = (trials: readonly CalibrationTrial[], strata?: Drawing["strata"], why?: string) => {
    const { ppi, roganGladen } = scored(trials, strata, why);
    return [ppi, roganGladen].map((one) => ("refused" in one ? one.refused : "given"));
  };
  const both = [...times(4, () => trial(1, [1])), ...times(4, () => trial(0, [0])), trial(1, [0])];
  test("where the slice is no random sample of what was judged", () => {
    expect(refusals([...both, trial(1)], EVEN, "the run has changed")).toEqual(["the run has changed", "the run has changed"]);
  });
  test("where weights make Rogan–Gladen wrong, while PPI goes stratum by stratum", () => {
    const strata = [
      { stratum: "all", inclusionProbability: 0.9 },
      { stratum: "few", inclusionProbability: 0.2 },
    ];
    const few = [trial(1, [0]), trial(1, [1]), ...times(8, () => trial(1))].map((one) => ({ ...one, stratum: "few" }));
    expect(refusals([...both, trial(1), ...few], strata)).toEqual([
      "given",
      "trials were drawn with unequal chances, and the formula is for equal ones",
    ]);
    expect(refusals([...both, trial(1), { ...trial(1, [1]), stratum: "few" }], strata)[0]).toBe(
      "one label only in the stratum few, so that its error is not known",
    );
    expect(refusals([...both, trial(1), { ...trial(1), stratum: "few" }], strata)[0]).toBe(
      "no label in the stratum few, so that its error is not known",
    );
  });
  test("where a label is a word without a value, and where no wrong answer is labelled", () => {
    expect(refusals([...both, trial(1, ["so-so"]), trial(1)])).toEqual([
      "some verdicts or labels are words without a value",
      "some verdicts or labels are words without a value",
    ]);
    expect(refusals([...times(4, () => trial(1, [1])), trial(0, [1]), trial(1)])).toEqual(["given", "no labelled answer is wrong"]);
  });
  test("where nothing is left to correct, and by a judge that is no better than chance", () => {
    expect(refusals(both)[1]).toBe("every judged trial has a label, so that there is nothing to correct");
    expect(refusals([trial(1, [0]), trial(1, [0]), trial(0, [1]), trial(0, [1]), trial(1)])[1]).toBe("the judge is no better than chance");
  });
  test("and an error of nothing is not taken for certainty", () => {
    const { people, raw } = scored([...times(5, () => trial(1, [1])), ...times(5, () => trial(1))]);
    const unknown = { refused: "nothing varies, so that the error is not known" };
    expect(people).toMatchObject({ estimate: 1, interval: unknown });
    expect(raw).toMatchObject({ mean: 1, interval: unknown });
  });
});

describe("the difference of two runs", () => {
  const side = (rows: readonly [judge: number, human: number | null][], why?: string): Side => {
    const trials = rows.map(([judge, human], index) => ({
      ...trial(judge, human === null ? [] : [human]),
      cluster: `q${index}`,
      pairKey: `p${index}`,
    }));
    return { trials, slice: sliceOf(trials, scaleOf(trials), { by: null, strata: EVEN }), why };
  };
  // The judge calls every answer of A right, also those that are not; of B it is right.
  const a = side([
    [1, 1],
    [1, 0],
    [1, 0],
    [1, 1],
    [1, null],
    [1, null],
    [1, null],
  ]);
  const b = side([
    [1, 1],
    [0, 0],
    [1, 1],
    [0, 0],
    [1, null],
    [0, null],
  ]);
  test("as judged is in A's favour, and corrected it is not", () => {
    const { pairs, unmatched, labelledPairs, raw, corrected } = differenceOf(a, b);
    expect({ pairs, unmatched, labelledPairs }).toEqual({ pairs: 6, unmatched: { a: 1, b: 0 }, labelledPairs: 4 });
    expect(raw.mean).toBeCloseTo(0.5, 12);
    expect(corrected).toMatchObject({ estimate: expect.closeTo(0, 12) });
  });
  test("is refused without two trials that are labelled in both, and where either run's labels correct nothing", () => {
    const unlabelled = side([
      [1, 1],
      [0, null],
      [1, null],
    ]);
    expect(differenceOf(a, unlabelled).corrected).toEqual({
      refused: "fewer than two trials are labelled in both runs; label the same ones by drawing both samples with one seed",
    });
    expect(differenceOf(a, { ...b, why: "the run has changed" }).corrected).toEqual({ refused: "the run has changed" });
  });
});
