import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeConfusion } from "../../../src/scoring/statistics/judge-quality/confusion.ts";
import { lengthBias } from "../../../src/scoring/statistics/judge-quality/length-bias.ts";
import { condorcet, meanErrorCorrelation, panelEffectiveVotes } from "../../../src/scoring/statistics/judge-quality/panel.ts";
import { positionBias } from "../../../src/scoring/statistics/judge-quality/position-bias.ts";
import { logisticRegression, sigmoid } from "../../../src/scoring/statistics/logistic.ts";
import { probBetter } from "../../../src/scoring/statistics/prob-better.ts";
import { randomStream } from "../random-stream.ts";
import { pearson } from "../../../src/scoring/statistics/summary.ts";

describe("a judge against people", () => {
  test("has no share of what does not occur", () => {
    expect(judgeConfusion({ tp: 3, fp: 0, fn: 1, tn: 0 })).toMatchObject({
      accuracy: 0.75,
      sensitivity: 0.75,
      specificity: null,
      youden: null,
      mcc: null,
      intervals: { specificity: { low: 0, high: 1 } },
    });
  });
  test("that always says the opposite has Youden's J and MCC of −1", () => {
    expect(judgeConfusion({ tp: 0, fp: 4, fn: 6, tn: 0 })).toMatchObject({ accuracy: 0, youden: -1, mcc: -1 });
  });
});

describe("a panel", () => {
  test("of k judges is worth k votes where errors are independent, and one where they are the same", () => {
    expect(panelEffectiveVotes({ judges: 5, meanErrorCorrelation: 0 })).toBe(5);
    expect(panelEffectiveVotes({ judges: 5, meanErrorCorrelation: 1 })).toBe(1);
    expect(panelEffectiveVotes({ judges: 5, meanErrorCorrelation: -0.25 })).toBeNull();
  });
  test("of twins has error correlation 1, and judges whose error never varies have none", () => {
    expect(
      meanErrorCorrelation([
        [1, 1],
        [0, 0],
        [-1, -1],
      ]).rho,
    ).toBeCloseTo(1, 12);
    expect(
      meanErrorCorrelation([
        [0, 0],
        [0, 1],
      ]),
    ).toEqual({ rho: null, pairs: 0, allPairs: 1 });
    expect(meanErrorCorrelation([])).toEqual({ rho: null, pairs: 0, allPairs: 0 });
  });
  test("each pair is compared over the items that both judged", () => {
    const { rho, pairs, allPairs } = meanErrorCorrelation([
      [1, 1, null],
      [0, 0, 0],
      [0, 1, 0],
      [1, 0, null],
    ]);
    expect({ pairs, allPairs }).toEqual({ pairs: 1, allPairs: 3 });
    expect(rho).toBeCloseTo(0, 12);
  });
  test("has the majority's chance that enumeration gives", () => {
    const enumerated = (judges: number, accuracy: number) => {
      let chance = 0;
      for (let votes = 0; votes < 2 ** judges; votes += 1) {
        const right = votes.toString(2).replaceAll("0", "").length;
        if (right > judges / 2) chance += accuracy ** right * (1 - accuracy) ** (judges - right);
      }
      return chance;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (judges, accuracy) => {
        expect(condorcet({ judges, accuracy })).toBeCloseTo(enumerated(judges, accuracy), 9);
      }),
    );
  });
});

test("position bias leaves out what could not be read, and is undefined where nothing could", () => {
  expect(
    positionBias([
      ["A", "error"],
      ["A", "A"],
      ["A", "tie"],
    ]),
  ).toEqual({ n: 2, consistency: 0, firstPosition: 0.5, secondPosition: 0 });
  expect(positionBias([])).toEqual({ n: 0, consistency: null, firstPosition: null, secondPosition: null });
});

describe("logistic regression", () => {
  test("of one constant term is the log-odds, with the error of a proportion", () => {
    const fit = logisticRegression([[1], [1], [1], [1]], [1, 1, 1, 0]);
    expect(fit?.coefficients[0]).toBeCloseTo(Math.log(3), 10);
    expect(fit?.stderrs[0]).toBeCloseTo(1 / Math.sqrt(4 * 0.75 * 0.25), 10);
  });
  test("of a yes/no term is the log odds ratio", () => {
    const rows = Array.from({ length: 20 }, (_value, index) => [1, index < 10 ? 0 : 1]);
    const outcomes = rows.map((_row, index) => (index < 4 || index >= 13 ? 1 : 0));
    const fit = logisticRegression(rows, outcomes);
    expect(fit?.coefficients[1]).toBeCloseTo(Math.log(7 / 3 / (4 / 6)), 9);
    expect(fit?.stderrs[1]).toBeCloseTo(Math.sqrt(1 / 4 + 1 / 6 + 1 / 7 + 1 / 3), 9);
  });
  test("does not exist for separated outcomes, dependent terms, or nothing", () => {
    expect(
      logisticRegression(
        [
          [1, -1],
          [1, -2],
          [1, 1],
          [1, 2],
        ],
        [0, 0, 1, 1],
      ),
    ).toBeNull();
    expect(
      logisticRegression(
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
        [0, 1, 1],
      ),
    ).toBeNull();
    expect(logisticRegression([[1], [1]], [1, 1])).toBeNull();
    expect(logisticRegression([], [])).toBeNull();
  });
});

describe("length bias", () => {
  const differences = Array.from({ length: 400 }, (_value, index) => index - 199.5);
  test("is found where verdicts follow length, and is none where they do not", () => {
    const spread = Math.sqrt(differences.reduce((total, value) => total + value ** 2, 0) / 399);
    const biased = lengthBias(
      differences.map((value) => sigmoid(0.3 + 1.5 * Math.tanh(value / spread))),
      differences,
    );
    expect(biased?.slope).toBeCloseTo(1.5, 6);
    const even = lengthBias(
      differences.map((_value, index) => (index % 4 < 2 ? 1 : 0)),
      differences,
    );
    expect(even?.interval.low).toBeLessThan(0);
    expect(even?.interval.high).toBeGreaterThan(0);
  });
  test("vanishes with people's labels, where longer answers are simply the better ones", () => {
    const random = randomStream(1);
    const truths = differences.map((value) => (value + 400 * (random() - 0.5) > 0 ? 1 : 0));
    const verdicts = truths.map((truth) => (random() < 0.2 ? 1 - truth : truth));
    expect(lengthBias(verdicts, differences)?.interval.low).toBeGreaterThan(0.5);
    const controlled = lengthBias(verdicts, differences, { truths });
    expect(controlled?.interval.low).toBeLessThan(0);
    expect(controlled?.interval.high).toBeGreaterThan(0);
  });
  test("is undefined for answers of one length", () => {
    expect(lengthBias([1, 0, 1], [0, 0, 0])).toBeNull();
  });
});

test("correlation and the chance to be better are undefined without spread", () => {
  expect(pearson([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  expect(pearson([1, 1], [0, 1])).toBeNull();
  expect(pearson([], [])).toBeNull();
  expect(probBetter({ diff: 0.1, stderr: 0 })).toBeNull();
  expect(probBetter({ diff: 0, stderr: 1 })).toBe(0.5);
});
