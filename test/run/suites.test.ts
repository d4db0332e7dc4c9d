import { expect, test } from "vitest";
import type { TaskResult } from "../../src/core/record.ts";
import { suiteResults } from "../../src/run/suites.ts";

/** A task whose primary metric has this value. */
function scored(spec: string, value: number | null, stderr: number | null = 0.1): TaskResult {
  const metric = { value, stderr, low: null, high: null, n: 1, direction: "maximize" as const, bounds: { low: null, high: null } };
  return {
    spec,
    planned: 1,
    scored: value === null ? 0 : 1,
    unscored: value === null ? 1 : 0,
    primaryMetric: "accuracy",
    metrics: { accuracy: metric },
  };
}

const suite = (aggregation: "AVERAGE" | "AVERAGE_OF_AVERAGES" | "DISPLAY_ONLY" | "NONE") => ({
  suite: { name: "all", description: "All.", members: ["a", "inner"], aggregation },
  members: ["a", "b", "c"],
  children: [
    { name: "a", members: ["a"] },
    { name: "inner", members: ["b", "c"] },
  ],
});

const tasks = [scored("a", 0.9), scored("b", 0.3), scored("c", 0.5)];

test("AVERAGE and DISPLAY_ONLY are the flat mean of the leaves, its error that of independent tasks", () => {
  for (const aggregation of ["AVERAGE", "DISPLAY_ONLY"] as const) {
    const [result] = suiteResults([suite(aggregation)], tasks);
    expect(result?.value).toBeCloseTo((0.9 + 0.3 + 0.5) / 3, 12);
    expect(result?.stderr).toBeCloseTo((0.1 * Math.sqrt(3)) / 3, 12);
  }
});

test("AVERAGE_OF_AVERAGES counts each direct child once", () => {
  const [result] = suiteResults([suite("AVERAGE_OF_AVERAGES")], tasks);
  expect(result?.value).toBeCloseTo((0.9 + 0.4) / 2, 12);
});

test("NONE has no value", () => {
  expect(suiteResults([suite("NONE")], tasks)[0]).toMatchObject({ value: null, stderr: null });
});

test("a missing task is named and skipped, never zero", () => {
  const [result] = suiteResults([suite("AVERAGE")], [scored("a", 0.9), scored("b", null)]);
  expect(result).toMatchObject({ value: 0.9, missing: ["b", "c"] });
});

test("an unknown standard error makes the suite's unknown", () => {
  expect(suiteResults([suite("AVERAGE")], [scored("a", 0.9, null), scored("b", 0.5)])[0]?.stderr).toBeNull();
});
