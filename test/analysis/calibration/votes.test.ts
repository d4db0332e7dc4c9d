import { describe, expect, test } from "vitest";
import { lengthBiases } from "../../../src/analysis/calibration/length.ts";
import { scaleOf } from "../../../src/analysis/calibration/scale.ts";
import { sliceOf } from "../../../src/analysis/calibration/slice.ts";
import { panelOf, positionBiases, selfConsistency } from "../../../src/analysis/calibration/votes.ts";
import type { CalibrationTrial } from "../../../src/analysis/calibration/calibration-trial.ts";
import { trial, verdict } from "./trials.ts";

const voted = (votes: CalibrationTrial["verdicts"], people: number[] = []) => trial(1, people, { verdicts: votes });
const labelledOf = (trials: readonly CalibrationTrial[]) => sliceOf(trials, scaleOf(trials), { by: null, strata: [] }).labelled;

test("a judge that was asked again is held against itself, each judge apart; votes that could not be read are no votes", () => {
  const again = (first: number | null, second: number | null) =>
    voted([verdict("x", first), verdict("x", second, { replicate: 2 }), verdict("y", 1), verdict("y", 1, { replicate: 2 })]);
  const trials = [again(1, 1), again(1, 0), again(0, 0), again(null, 1)];
  const [x, y] = selfConsistency(trials);
  expect(x).toMatchObject({ judge: "x", n: 3, po: expect.closeTo(2 / 3, 12) });
  expect(y).toMatchObject({ judge: "y", n: 4, po: 1, alpha: null });
  expect(selfConsistency([voted([verdict("x", 1)])])).toEqual([]);
});

describe("a panel", () => {
  test("of judges that err together is worth one, of judges that err apart more", () => {
    const votes = (x: number, y: number, z: number, truth: number) => voted([verdict("x", x), verdict("y", y), verdict("z", z)], [truth]);
    const together = [votes(1, 1, 1, 0), votes(1, 1, 1, 1), votes(0, 0, 0, 0), votes(0, 0, 0, 1)];
    expect(panelOf(together, labelledOf(together))).toMatchObject({
      judges: ["x", "y", "z"],
      agreement: { po: 1, fleiss: 1 },
      errors: { rho: expect.closeTo(1, 12), effectiveVotes: expect.closeTo(1, 12) },
    });
    const apart = [votes(1, 0, 0, 0), votes(0, 1, 0, 0), votes(0, 0, 1, 0), votes(0, 0, 0, 0), votes(1, 1, 0, 0), votes(1, 0, 1, 0)];
    const panel = panelOf(apart, labelledOf(apart));
    expect(panel?.errors).toMatchObject({ pairs: 3, allPairs: 3 });
    expect(panel && "effectiveVotes" in panel.errors && panel.errors.effectiveVotes).toBeGreaterThan(2.5);
  });
  test("has no effective number without labels, and none where a judge answers more than people do", () => {
    const trials = [voted([verdict("x", 1), verdict("y", 0)])];
    expect(panelOf(trials, [])?.errors).toEqual({ refused: "no trial has a label" });
    const criteria = [voted([verdict("x", 1), verdict("x", 0, { question: "second" }), verdict("y", 1)], [1])];
    expect(panelOf(criteria, labelledOf(criteria))?.errors).toEqual({
      refused: "a judge answers several questions about a trial, and people only one",
    });
    expect(panelOf([voted([verdict("x", 1)])], [])).toBeNull();
  });
});

test("a judge of pairs is told by both orders: whether it says the same, and which place it prefers", () => {
  const pair = (given: string, swapped: string, judge = "x") => [
    verdict(judge, 0.5, { label: given }),
    verdict(judge, 0.5, { label: swapped, order: "swapped" }),
  ];
  const trials = [
    voted([...pair("A", "A"), ...pair("B", "A", "y")]),
    voted(pair("A", "B")),
    voted(pair("A", "A")),
    voted(pair("tie", "tie")),
  ];
  expect(positionBiases(trials)).toEqual([
    { judge: "x", n: 4, consistency: 0.5, firstPosition: 0.5, secondPosition: 0 },
    { judge: "y", n: 1, consistency: 1, firstPosition: 0, secondPosition: 0 },
  ]);
  expect(positionBiases([voted([verdict("x", 1, { label: "correct" })])])).toEqual([]);
  expect(lengthBiases(trials, []).all).toEqual({
    refused: "the judge compares two answers, and the length of the other one is not on record",
  });
});

test("length bias of any scale is found with people's labels held equal, and is undefined for answers of one length", () => {
  const trials = Array.from({ length: 200 }, (_value, index) => {
    const truth = index % 2;
    const isLong = index % 4 < 2;
    // right answers get 8 or 10 of 10, wrong ones 2 or 4: the long ones more.
    return trial((truth === 1 ? 8 : 2) + (isLong ? 2 : 0), [truth], { outputLength: isLong ? 500 : 100 });
  });
  const { all, atEqualLabels } = lengthBiases(trials, labelledOf(trials));
  expect(all).toMatchObject({ n: 200 });
  expect(atEqualLabels).toMatchObject({ n: 200 });
  expect(atEqualLabels && "slope" in atEqualLabels && atEqualLabels.slope).toBeGreaterThan(0.5);
  expect(lengthBiases([trial(1, [1]), trial(0, [0])], []).all).toBeNull();
});
