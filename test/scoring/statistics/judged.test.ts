import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gEval, gEvalSamples } from "../../../src/scoring/statistics/judged/g-eval.ts";
import { healthBench, healthBenchMean } from "../../../src/scoring/statistics/judged/health-bench.ts";
import { lengthControlled, lengthControlledWinRate } from "../../../src/scoring/statistics/judged/length-controlled.ts";
import { majority } from "../../../src/scoring/statistics/judged/majority.ts";
import { rubricTree, type RubricNode } from "../../../src/scoring/statistics/judged/rubric-tree.ts";
import { swapVerdict, type PairVerdict } from "../../../src/scoring/statistics/judged/swap-verdict.ts";
import { winRate } from "../../../src/scoring/statistics/judged/win-rate.ts";

describe("a vote", () => {
  test("does not depend on the order of the judges, nor on those that gave none", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("C", "P", "I", null)), (votes) => {
        expect(majority(votes.toReversed())).toEqual(majority(votes));
        expect(majority([null, ...votes])).toEqual(majority(votes));
      }),
    );
  });
  test("of nobody has no winner and no agreement", () => {
    expect(majority([null])).toEqual({ winner: null, agreement: null });
  });
});

test("a pair judged in both orders has a winner only where both orders name it", () => {
  const all: PairVerdict[] = ["A", "B", "tie", "error"];
  const table = all.flatMap((order12) => all.map((order21) => `${order12} ${order21} ${swapVerdict({ order12, order21 })}`));
  expect(table.filter((line) => /first|second| tie$/.test(line))).toEqual(["A B first", "B A second", "tie tie tie"]);
  expect(table.filter((line) => line.endsWith("inconsistent"))).toHaveLength(6);
  expect(table.filter((line) => line.endsWith(" error"))).toHaveLength(7);
});

describe("scores by probability", () => {
  test("are the mean over score tokens, whatever they add up to", () => {
    expect(
      gEval([
        [1, 0.1],
        [3, 0.3],
      ]),
    ).toBeCloseTo(2.5, 12);
    expect(gEval([[1, 0]])).toBeNull();
  });
  test("sampled ones leave out and count what could not be read", () => {
    expect(gEvalSamples([3, null, 5])).toEqual({ mean: 4, stderr: 1, n: 2, failed: 1 });
    expect(gEvalSamples([null])).toEqual({ mean: null, stderr: null, n: 0, failed: 1 });
  });
});

describe("weighted criteria", () => {
  test("are clipped over the benchmark only, and examples without positive points are left out", () => {
    const scores = [
      healthBench([
        { points: 5, isMet: true },
        { points: -10, isMet: true },
      ]),
      healthBench([{ points: -1, isMet: true }]),
    ];
    expect(scores).toEqual([-1, null]);
    expect(healthBenchMean(scores)).toEqual({ clipped: 0, unclipped: -1 });
    expect(healthBenchMean([])).toEqual({ clipped: null, unclipped: null });
  });
});

describe("a rubric tree", () => {
  const leaf = fc.record({ weight: fc.integer({ min: 0, max: 5 }), score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })) });
  const { tree } = fc.letrec<{ tree: RubricNode }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.record({ weight: fc.integer({ min: 0, max: 5 }), children: fc.array(tie("tree"), { maxLength: 4 }) }),
    ),
  }));
  test("has bounds that hold every score that the failed leaves could have had", () => {
    const filled = (node: RubricNode, score: number): RubricNode =>
      "score" in node ? { ...node, score: node.score ?? score } : { ...node, children: node.children.map((child) => filled(child, score)) };
    fc.assert(
      fc.property(tree, fc.double({ min: 0, max: 1, noNaN: true }), (root, guess) => {
        const { low, high } = rubricTree(root);
        const { score } = rubricTree(filled(root, guess));
        if (low === null || high === null || score === null) expect([low, high, score]).toEqual([null, null, null]);
        else {
          expect(score).toBeGreaterThanOrEqual(low - 1e-12);
          expect(score).toBeLessThanOrEqual(high + 1e-12);
        }
      }),
    );
  });
  test("a failed leaf leaves the score open, unless it weighs nothing", () => {
    const failed = (weight: number) =>
      rubricTree({
        weight: 1,
        children: [
          { weight: 3, score: 1 },
          { weight, score: null },
        ],
      });
    expect(failed(1)).toEqual({ score: null, low: 0.75, high: 1 });
    expect(failed(0)).toEqual({ score: 1, low: 1, high: 1 });
  });
});

test("win rates of no games, or of ties only, are undefined where they are", () => {
  expect(winRate({ wins: 0, losses: 0, ties: 0 })).toEqual({ tiesHalf: null, contested: null });
  expect(winRate({ wins: 0, losses: 0, ties: 4 })).toEqual({ tiesHalf: 0.5, contested: null });
});

describe("length control", () => {
  const differences = [-300, -120, -40, 10, 60, 90, 200, 310, 420, 500];
  const preferences = [0, 0, 1, 0, 1, 0, 1, 1, 0, 1];
  test("is ½ against itself, and changes to 1 − x with the order of the two", () => {
    const turned = lengthControlledWinRate(
      preferences.map((preference) => 1 - preference),
      differences.map((difference) => -difference),
    );
    expect(turned).toBeCloseTo(1 - (lengthControlledWinRate(preferences, differences) ?? Number.NaN), 9);
    const against = [...differences, ...differences.map((difference) => -difference)];
    const both = [...preferences, ...preferences.map((preference) => 1 - preference)];
    expect(lengthControlledWinRate(both, against)).toBeCloseTo(0.5, 9);
  });
  test("takes from the winner of long answers what their length won", () => {
    const raw = preferences.reduce((total, preference) => total + preference, 0) / preferences.length;
    expect(lengthControlledWinRate(preferences, differences)).toBeLessThan(raw);
  });
  test("does not exist where all won, lengths do not differ, or there is no question", () => {
    expect(
      lengthControlledWinRate(
        differences.map(() => 1),
        differences,
      ),
    ).toBeNull();
    expect(lengthControlledWinRate([1, 0], [5, 5])).toBeNull();
    expect(lengthControlled({ theta: 1, psi: 1, gamma: [], lenStd: [] })).toEqual({ raw: null, lengthControlled: null });
  });
});
