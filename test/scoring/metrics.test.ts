import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuestionScores } from "../../src/core/score.ts";
import { accuracy, mean, passAtK, passHatK } from "../../src/scoring/metrics.ts";

const score = "exact";
const questions = (...values: (number | null)[][]): QuestionScores[] =>
  values.map((list, index) => ({ instanceId: `q${index}`, values: list }));
const anyQuestions = fc
  .array(fc.array(fc.constantFrom(0, 1, null), { minLength: 1, maxLength: 4 }), { maxLength: 12 })
  .map((lists) => questions(...lists));

describe("accuracy", () => {
  test("of 20 right answers out of 20 is 1, with Wilson's interval", () => {
    const value = accuracy({ score }).compute(questions(...Array.from({ length: 20 }, () => [1])));
    expect(value).toEqual({
      value: 1,
      stderr: 0,
      low: expect.closeTo(0.8389, 4),
      high: 1,
      n: 20,
      direction: "maximize",
      bounds: { low: 1, high: 1 },
    });
  });
  test("leaves a missing score out and says what it could still change", () => {
    const value = accuracy({ score }).compute(questions([1], [0], [null], [1]));
    expect(value).toMatchObject({ value: 2 / 3, n: 3, bounds: { low: 0.5, high: 0.75 } });
  });
  test("counts a missing score as zero only where the metric says so, and prints what it could have been", () => {
    const value = accuracy({ score, missing: "zero" }).compute(questions([1], [0], [null], [1, null]));
    expect(value).toMatchObject({ value: 1.5 / 4, n: 4, bounds: { low: 1.5 / 4, high: 3 / 4 } });
  });
  test("of nothing scored is null and may still be anything", () => {
    const value = accuracy({ score }).compute(questions([null], [null]));
    expect(value).toEqual({ value: null, stderr: null, low: null, high: null, n: 0, direction: "maximize", bounds: { low: 0, high: 1 } });
  });
  test("of nothing planned is null throughout", () => {
    expect(accuracy({ score }).compute([])).toMatchObject({ value: null, bounds: { low: null, high: null } });
  });
  test("of one question has an interval but no standard error", () => {
    expect(accuracy({ score }).compute(questions([1]))).toMatchObject({ value: 1, stderr: null, low: expect.closeTo(0.2065, 4), high: 1 });
  });
  test("over epochs counts each question once, whatever its number of attempts", () => {
    const value = accuracy({ score }).compute(questions([1, 1, 0, 1], [0], [1, 0]));
    expect(value).toMatchObject({
      value: expect.closeTo(0.4166666666666667, 12),
      stderr: expect.closeTo(0.22047927592204922, 12),
      low: 0,
      high: 1,
      n: 3,
    });
  });
  test("over epochs that all pass still has an interval with a width", () => {
    expect(accuracy({ score }).compute(questions([1, 1], [1, 1], [1, 1])).low).toBeCloseTo(0.4385, 4);
  });
  test("with clusters has the clustered error and t with one degree of freedom less than clusters", () => {
    const clustered = [1, 1, 1, 0, 0, 0, 1, 0].map((value, index) => ({
      instanceId: `q${index}`,
      values: [value],
      clusterKey: "aaabbbcc".charAt(index),
    }));
    expect(accuracy({ score }).compute(clustered)).toMatchObject({
      value: 0.5,
      stderr: expect.closeTo(0.3247595264191645, 12),
      low: 0,
      high: 1,
    });
  });
  test("with clusters that all agree takes each cluster as one draw", () => {
    const clustered = ["a", "a", "b", "b"].map((clusterKey, index) => ({ instanceId: `q${index}`, values: [1], clusterKey }));
    expect(accuracy({ score }).compute(clustered)).toMatchObject({ value: 1, stderr: 0, low: expect.closeTo(0.3424, 4), high: 1 });
  });
});

describe("mean", () => {
  test("of values without a range has no bounds while some are missing", () => {
    const metric = mean({ score, direction: "minimize" });
    expect(metric.compute(questions([2], [4], [null]))).toMatchObject({
      value: 3,
      stderr: 1,
      n: 2,
      direction: "minimize",
      bounds: { low: null, high: null },
    });
    expect(metric.compute(questions([2], [4]))).toMatchObject({ bounds: { low: 3, high: 3 } });
  });
});

describe("pass@k and pass^k", () => {
  test("carry k in their names", () => {
    expect([passAtK(8, { score }).name, passHatK(4, { score }).name]).toEqual(["pass@8", "pass^4"]);
  });
  test("leave out a question with fewer than k scored attempts, and keep it in the bounds", () => {
    const value = passAtK(2, { score }).compute(questions([1, 0], [0, 0], [1, null]));
    expect(value).toMatchObject({ value: 0.5, n: 2, bounds: { low: expect.closeTo(2 / 3, 12), high: expect.closeTo(2 / 3, 12) } });
  });
  test("leave out a question that was planned with fewer than k attempts altogether", () => {
    expect(passHatK(2, { score }).compute(questions([1], [1, 1]))).toMatchObject({ value: 1, n: 1, bounds: { low: 1, high: 1 } });
  });
  test("a partial score is no pass", () => {
    expect(passAtK(1, { score }).compute(questions([0.9], [1])).value).toBe(0.5);
  });
  test("pass@1 of single attempts is accuracy", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, null), { maxLength: 30 }), (values) => {
        const single = questions(...values.map((value) => [value]));
        expect(passAtK(1, { score }).compute(single)).toEqual(accuracy({ score }).compute(single));
      }),
    );
  });
});

test("an interval lies within [0, 1] around its value, and bounds hold what any completion would give", () => {
  fc.assert(
    fc.property(anyQuestions, fc.constantFrom(0, 1), (planned, fill) => {
      for (const metric of [accuracy({ score }), passAtK(1, { score }), passAtK(2, { score }), passHatK(2, { score })]) {
        const now = metric.compute(planned);
        const completed = metric.compute(
          planned.map((question) => ({ ...question, values: question.values.map((value) => value ?? fill) })),
        );
        const { value, low, high } = now;
        const isAround =
          value === null || low === null || high === null || (low >= 0 && low <= value + 1e-12 && high >= value - 1e-12 && high <= 1);
        expect(isAround).toBe(true);
        const bound = fill === 0 ? now.bounds.low : now.bounds.high;
        expect((bound ?? -1) - (completed.value ?? -1)).toBeCloseTo(0, 12);
      }
    }),
  );
});
