import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stderrClustered } from "../../../src/scoring/statistics/clusters.ts";
import { betaQuantile, normalCdf, normalQuantile, tCdf, tQuantile } from "../../../src/scoring/statistics/distributions.ts";
import { epochsDecompose } from "../../../src/scoring/statistics/epochs.ts";
import { ciT, clopperPearson, wilson } from "../../../src/scoring/statistics/intervals.ts";
import { passAtK, passHatK } from "../../../src/scoring/statistics/pass-at-k.ts";
import { erfc, logGamma, regIncBeta, sum } from "../../../src/scoring/statistics/special.ts";
import { suiteMacro, suiteMicro } from "../../../src/scoring/statistics/suite.ts";
import { meanStderr } from "../../../src/scoring/statistics/summary.ts";

const proportion = fc
  .integer({ min: 1, max: 5000 })
  .chain((n) => fc.record({ n: fc.constant(n), successes: fc.integer({ min: 0, max: n }) }));
const attempts = fc
  .integer({ min: 1, max: 9 })
  .chain((n) => fc.record({ n: fc.constant(n), c: fc.integer({ min: 0, max: n }), k: fc.integer({ min: 1, max: n }) }));

/** Every subset of k of n attempts, of which the first c passed. */
function subsets(n: number, k: number): number[][] {
  if (k === 0) return [[]];
  if (n < k) return [];
  return [...subsets(n - 1, k), ...subsets(n - 1, k - 1).map((rest) => rest.concat(n - 1))];
}

describe("special functions", () => {
  test("agree with published values", () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    expect(logGamma(10)).toBeCloseTo(Math.log(362_880), 12);
    expect(erfc(0.5)).toBeCloseTo(0.4795001221869535, 15);
    expect(erfc(10) / 2.088487583762545e-45).toBeCloseTo(1, 12);
    expect(regIncBeta(0.3, 2, 5)).toBeCloseTo(0.579825, 12);
  });
  test("a sum keeps what is small beside what is large", () => {
    expect(sum([1e16, 1, -1e16])).toBe(1);
  });
  test("quantiles undo distribution functions", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, df) => {
        expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12);
        expect(tCdf(tQuantile(p, df), df)).toBeCloseTo(p, 10);
        expect(regIncBeta(betaQuantile(p, df / 3, 2.5), df / 3, 2.5)).toBeCloseTo(p, 9);
      }),
      { numRuns: 60 },
    );
  });
});

describe("intervals of a proportion", () => {
  test("lie in [0, 1] and hold the proportion", () => {
    fc.assert(
      fc.property(proportion, ({ n, successes }) => {
        for (const { low, high } of [wilson(successes, n), clopperPearson(successes, n)]) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(successes / n);
          expect(high).toBeGreaterThanOrEqual(successes / n);
        }
      }),
      { numRuns: 60 },
    );
  });
  test("mirror each other when failures and successes change places", () => {
    fc.assert(
      fc.property(proportion, ({ n, successes }) => {
        expect(wilson(successes, n).low).toBeCloseTo(1 - wilson(n - successes, n).high, 12);
      }),
    );
  });
});

describe("pass@k and pass^k", () => {
  test("equal the share of all k-subsets in which one, or every, attempt passed", () => {
    fc.assert(
      fc.property(attempts, ({ n, c, k }) => {
        const all = subsets(n, k);
        const shareOf = (hit: (subset: number[]) => boolean) => all.filter(hit).length / all.length;
        expect(passAtK(n, c, k)).toBeCloseTo(
          shareOf((subset) => subset.some((index) => index < c)),
          12,
        );
        expect(passHatK(n, c, k)).toBeCloseTo(
          shareOf((subset) => subset.every((index) => index < c)),
          12,
        );
      }),
    );
  });
  test("are undefined for fewer than k attempts", () => {
    expect([passAtK(3, 3, 5), passHatK(3, 3, 5)]).toEqual([null, null]);
  });
});

describe("what is undefined is null", () => {
  test("for no values and for one value", () => {
    expect(meanStderr([])).toEqual({ n: 0, mean: null, variance: null, stderr: null });
    expect(meanStderr([1])).toEqual({ n: 1, mean: 1, variance: null, stderr: null });
    expect(ciT([1])).toBeNull();
    expect(stderrClustered([1, 0], ["a", "a"])).toBeNull();
    expect(suiteMacro([])).toEqual({ mean: null, stderr: null });
    expect(suiteMicro([{ mean: 1, stderr: null, n: 3 }])).toEqual({ mean: 1, stderr: null });
  });
});

test("clusters of one question each give the plain standard error", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 }), (values) => {
      expect(
        stderrClustered(
          values,
          values.map((_value, index) => String(index)),
        ),
      ).toBeCloseTo(meanStderr(values).stderr ?? Number.NaN, 12);
    }),
  );
});

test("the standard error over epochs is that of the questions' means, not of n times K draws", () => {
  const scores = [
    [1, 1, 0, 1],
    [0, 0, 0, 1],
    [1, 1, 1, 1],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
  ];
  expect(epochsDecompose(scores).stderr).toBeCloseTo(0.18371173070873836, 12);
  expect(meanStderr(scores.flat()).stderr).toBeLessThan(0.12);
});
