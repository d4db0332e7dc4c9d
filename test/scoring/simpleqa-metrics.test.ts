import fc from "fast-check";
import { expect, test } from "vitest";
import { OUTCOMES, simpleqaMetrics } from "../../src/scoring/simpleqa-metrics.ts";
import { ratioOfMeans } from "../../src/scoring/statistics/ratio.ts";

const { correct: yes, incorrect: no, not_attempted: none } = OUTCOMES;
const metrics = simpleqaMetrics({ score: "simpleqa" });
const compute = (values: readonly (number | null)[][], clusters?: readonly string[]) => {
  const questions = values.map((epochs, index) => ({
    instanceId: String(index),
    values: epochs,
    ...(clusters?.[index] !== undefined && { clusterKey: clusters[index] }),
  }));
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.compute(questions)]));
};

test("the metrics are of part `outcome`", () => {
  expect(metrics.map(({ name, score }) => `${name} of ${score}`)).toEqual([
    "correct of simpleqa.outcome",
    "attempted of simpleqa.outcome",
    "accuracy given attempted of simpleqa.outcome",
    "f1 of simpleqa.outcome",
  ]);
});

test("with one epoch they are SimpleQA's shares, and F1 is the harmonic mean of two of them", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(yes, no, none), { minLength: 1, maxLength: 40 }), (outcomes) => {
      const count = (wanted: number) => outcomes.filter((outcome) => outcome === wanted).length;
      const [right, wrong, all] = [count(yes), count(no), outcomes.length];
      const found = compute(outcomes.map((outcome) => [outcome]));
      expect(found["correct"]?.value).toBeCloseTo(right / all, 12);
      expect(found["attempted"]?.value).toBeCloseTo((right + wrong) / all, 12);
      if (right + wrong > 0) expect(found["accuracy given attempted"]?.value).toBeCloseTo(right / (right + wrong), 12);
      else expect(found["accuracy given attempted"]?.value).toBeNull();
      expect(found["f1"]?.value).toBeCloseTo(right === 0 ? 0 : 2 / (all / right + (right + wrong) / right), 12);
      for (const { value, low, high } of Object.values(found)) {
        if (value === null || low === null || high === null) continue;
        expect(low).toBeLessThanOrEqual(value + 1e-12);
        expect(high).toBeGreaterThanOrEqual(value - 1e-12);
      }
    }),
  );
});

test("nothing is known of no questions", () => {
  expect(Object.values(compute([])).map(({ value }) => value)).toEqual([null, null, null, null]);
});

test("a missing outcome is in no share, and in the bounds either way", () => {
  const found = compute([[yes], [no], [none], [null]]);
  expect(found["accuracy given attempted"]).toMatchObject({ value: 0.5, n: 2, bounds: { low: 1 / 3, high: 2 / 3 } });
  expect(found["f1"]).toMatchObject({ value: 0.4, n: 3 });
  expect(found["f1"]?.bounds.low).toBeCloseTo(2 / 7, 12);
  expect(found["f1"]?.bounds.high).toBeCloseTo(4 / 7, 12);
});

test("a mean of several judges' outcomes is no outcome", () => {
  expect(compute([[yes], [0.5]])["correct"]).toMatchObject({ value: 1, n: 1 });
});

test("where nothing was attempted there is no accuracy of what was", () => {
  expect(compute([[none], [none]])["accuracy given attempted"]).toEqual({
    value: null,
    stderr: null,
    low: null,
    high: null,
    n: 0,
    direction: "maximize",
    bounds: { low: null, high: null },
  });
});

test("all right is no certainty", () => {
  const found = compute(Array.from({ length: 20 }, () => [yes]));
  expect(found["accuracy given attempted"]).toMatchObject({ value: 1, stderr: 0, high: 1 });
  expect(found["accuracy given attempted"]?.low).toBeCloseTo(0.8389, 4);
  expect(found["f1"]?.low).toBeCloseTo(0.8389, 4);
});

test("questions of one cluster are one draw", () => {
  const outcomes = [[yes], [yes], [no], [no], [yes], [no]];
  const alone = compute(outcomes)["f1"];
  const together = compute(outcomes, ["a", "a", "b", "b", "c", "c"])["f1"];
  expect(together?.value).toBe(alone?.value);
  expect(together?.stderr).toBeGreaterThan(alone?.stderr ?? 1);
});

// Cochran 1977, §2.11, by hand: r = 6/10, ȳ = 2.5, residuals x − 0.6y = 0.4, −0.2, −0.8, 0.6 over ȳ.
test("a ratio has the error of the delta method", () => {
  const { value, stderr } = ratioOfMeans([
    { x: 1, y: 1 },
    { x: 1, y: 2 },
    { x: 1, y: 3 },
    { x: 3, y: 4 },
  ]);
  expect(value).toBeCloseTo(0.6, 12);
  expect(stderr).toBeCloseTo(Math.sqrt((0.16 + 0.04 + 0.64 + 0.36) / 3 / 4) / 2.5, 12);
  expect(ratioOfMeans([{ x: 0, y: 0 }])).toEqual({ value: null, stderr: null });
});
