import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ppiPairedDiff } from "../../../src/scoring/statistics/correction/ppi-paired.ts";
import { ppiMean, ppiStratified } from "../../../src/scoring/statistics/correction/ppi.ts";
import { judgeAdjustedCI, roganGladen } from "../../../src/scoring/statistics/correction/rogan-gladen.ts";
import { stderrClustered } from "../../../src/scoring/statistics/clusters.ts";
import { meanStderr } from "../../../src/scoring/statistics/summary.ts";
import { randomStream } from "../random-stream.ts";

const yesNo = fc.constantFrom(0, 1);
const slice = fc.record({
  pairs: fc.array(fc.tuple(yesNo, yesNo), { minLength: 2, maxLength: 30 }),
  judgeOnRest: fc.array(yesNo, { minLength: 1, maxLength: 60 }),
});
const split = ({ pairs, judgeOnRest }: { pairs: [number, number][]; judgeOnRest: number[] }) => ({
  human: pairs.map(([human]) => human),
  judgeOnHuman: pairs.map(([, judge]) => judge),
  judgeOnRest,
});

describe("prediction-powered inference", () => {
  test("of least variance is never wider than the labels alone, nor than full trust", () => {
    fc.assert(
      fc.property(slice, (input) => {
        // λ* takes its covariance with n and its variance with n − 1 as divisor, as ppi_py does, so that it is the least only up to that.
        const at = (lambda: number | "auto") => ppiMean(split(input), { lambda })?.stderr ?? Number.NaN;
        const slack = 1 + 1 / Math.sqrt(input.pairs.length);
        expect(at("auto")).toBeLessThanOrEqual(Math.max(at(0), at(1)) * slack + 1e-9);
      }),
    );
  });
  test("without trust is the mean of the labels, and so it is without a rest", () => {
    const labels = { human: [1, 0, 1, 1], judgeOnHuman: [1, 1, 1, 0] };
    expect(ppiMean({ ...labels, judgeOnRest: [1, 1, 0] }, { lambda: 0 })).toMatchObject({ estimate: 0.75, lambda: 0 });
    expect(ppiMean({ ...labels, judgeOnRest: [] }, { lambda: 1 })).toMatchObject({ estimate: 0.75, lambda: 0 });
  });
  test("is undefined for fewer than two labels", () => {
    expect(ppiMean({ human: [1], judgeOnHuman: [1], judgeOnRest: [1, 0] })).toBeNull();
    expect(ppiStratified([])).toBeNull();
  });
  test("counts attempts at one question together: with one cluster a question, its error is the clustered one", () => {
    const human = [1, 1, 0, 0, 1, 0];
    const keys = ["a", "a", "b", "b", "c", "c"];
    const together = ppiMean({ human, judgeOnHuman: human, judgeOnRest: [1], clusters: { human: keys, rest: ["d"] } }, { lambda: 0 });
    expect(together?.stderr).toBeCloseTo(stderrClustered(human, keys, { smallSample: false }) ?? Number.NaN, 12);
  });
  test("its interval holds the truth about as often as it says, however wrong the judge is", () => {
    let held = 0;
    const rounds = 400;
    for (let round = 1; round <= rounds; round += 1) {
      const random = randomStream(round * 7919);
      const draw = () => {
        const human = random() < 0.4 ? 1 : 0;
        return { human, judge: random() < (human === 1 ? 0.95 : 0.35) ? 1 : 0 };
      };
      const labelled = Array.from({ length: 100 }, draw);
      const rest = Array.from({ length: 900 }, draw);
      const { interval } = ppiMean({
        human: labelled.map(({ human }) => human),
        judgeOnHuman: labelled.map(({ judge }) => judge),
        judgeOnRest: rest.map(({ judge }) => judge),
      }) ?? { interval: { low: 1, high: 0 } };
      if (interval.low <= 0.4 && 0.4 <= interval.high) held += 1;
    }
    expect(held / rounds).toBeGreaterThan(0.92);
    expect(held / rounds).toBeLessThan(0.98);
  });
});

describe("a stratified slice", () => {
  test("with one rate in all strata, one λ and equal answers is the plain estimate", () => {
    fc.assert(
      fc.property(slice, (input) => {
        const whole = split(input);
        const plain = ppiMean(whole, { lambda: 0.5 });
        const halves = ppiStratified(
          [
            { ...whole, share: 0.5 },
            { ...whole, share: 0.5 },
          ],
          { lambda: 0.5 },
        );
        expect(halves?.estimate).toBeCloseTo(plain?.estimate ?? Number.NaN, 10);
        expect(halves?.stderr).toBeCloseTo((plain?.stderr ?? Number.NaN) / Math.SQRT2, 10);
      }),
    );
  });
  test("is unbiased where a plain mean over the slice is not", () => {
    const easy = { human: [1, 1, 1, 1, 0, 1], judgeOnHuman: [1, 1, 1, 1, 1, 1], judgeOnRest: Array<number>(94).fill(1), share: 100 / 110 };
    const hard = { human: [0, 0, 1, 0, 0], judgeOnHuman: [1, 0, 1, 0, 0], judgeOnRest: [0, 0, 1, 0, 0], share: 10 / 110 };
    const estimate = ppiStratified([easy, hard], { lambda: 0 })?.estimate;
    expect(estimate).toBeCloseTo((100 / 110) * (5 / 6) + (10 / 110) * (1 / 5), 12);
    expect(meanStderr([...easy.human, ...hard.human]).mean).not.toBeCloseTo(estimate ?? 0, 2);
  });
  test("of which one part is labelled whole still trusts the judge in the others", () => {
    const whole = { human: [1, 0, 1], judgeOnHuman: [1, 1, 1], judgeOnRest: [], share: 0.3 };
    const part = { human: [1, 0, 1, 0], judgeOnHuman: [1, 0, 1, 0], judgeOnRest: [1, 1, 0], share: 0.7 };
    const both = ppiStratified([whole, part]);
    const alone = ppiMean(part);
    expect(both?.lambda).toBeCloseTo(alone?.lambda ?? Number.NaN, 12);
    expect(both?.estimate).toBeCloseTo(0.3 * (2 / 3) + 0.7 * (alone?.estimate ?? Number.NaN), 12);
  });
  test("by what the judge said holds the truth about as often as it says, if it reckons with shares that were counted", () => {
    const rounds = 400;
    const held = { fixed: 0, counted: 0 };
    for (let round = 1; round <= rounds; round += 1) {
      const random = randomStream(round * 104_729);
      const items = Array.from({ length: 120 }, () => {
        const human = random() < 0.3 ? 1 : 0;
        return { human, judge: random() < (human === 1 ? 0.9 : 0.1) ? 1 : 0 };
      });
      const strata = [0, 1].map((said) => {
        const own = items.filter(({ judge }) => judge === said);
        const [labelled, rest] = [own.slice(0, 20), own.slice(20)];
        return {
          share: own.length / items.length,
          human: labelled.map(({ human }) => human),
          judgeOnHuman: labelled.map(({ judge }) => judge),
          judgeOnRest: rest.map(({ judge }) => judge),
        };
      });
      for (const shares of ["fixed", "counted"] as const) {
        const { low, high } = ppiStratified(strata, { shares })?.interval ?? { low: 1, high: 0 };
        if (low <= 0.3 && 0.3 <= high) held[shares] += 1;
      }
    }
    expect(held.counted / rounds).toBeGreaterThan(0.91);
    expect(held.counted / rounds).toBeLessThan(0.985);
    expect(held.fixed / rounds).toBeLessThan(0.88);
  });
  test("with fewer than two labels in a stratum has no known error", () => {
    const full = { human: [1, 0], judgeOnHuman: [1, 0], judgeOnRest: [1], share: 0.5 };
    expect(ppiStratified([full, { ...full, human: [1], judgeOnHuman: [1] }])).toBeNull();
  });
});

describe("the corrected difference of two runs", () => {
  test("changes its sign with the order of the runs, and leaves out what the judge gets wrong alike", () => {
    const labelled = [
      { judgeA: 1, judgeB: 1, humanA: 0, humanB: 0 },
      { judgeA: 1, judgeB: 0, humanA: 1, humanB: 0 },
      { judgeA: 1, judgeB: 0, humanA: 0, humanB: 0 },
    ];
    const rest = [
      { judgeA: 1, judgeB: 0 },
      { judgeA: 1, judgeB: 1 },
    ];
    const forward = ppiPairedDiff([{ share: 1, labelled, rest }], { lambda: 1 });
    const turned = ppiPairedDiff(
      [
        {
          share: 1,
          labelled: labelled.map(({ judgeA, judgeB, humanA, humanB }) => ({
            judgeA: judgeB,
            judgeB: judgeA,
            humanA: humanB,
            humanB: humanA,
          })),
          rest: rest.map(({ judgeA, judgeB }) => ({ judgeA: judgeB, judgeB: judgeA })),
        },
      ],
      { lambda: 1 },
    );
    expect(forward?.estimate).toBeCloseTo(0.5 - 1 / 3, 12);
    expect(turned?.estimate).toBeCloseTo(-(forward?.estimate ?? 0), 12);
    expect(turned?.stderr).toBeCloseTo(forward?.stderr ?? Number.NaN, 12);
  });
});

describe("Rogan–Gladen", () => {
  test("recovers the share that a judge of known error blurred", () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (theta, q0, q1) => {
        fc.pre(q0 + q1 > 1.05);
        expect(roganGladen({ p: theta * q1 + (1 - theta) * (1 - q0), q0, q1 })).toBeCloseTo(theta, 9);
      }),
    );
  });
  test("has no interval without labels of both kinds, without answers, or for a judge no better than chance", () => {
    const counts = { p: 0.6, q0: 0.9, q1: 0.8, n: 100, m0: 10, m1: 10 };
    expect(judgeAdjustedCI({ ...counts, m0: 0 })).toBeNull();
    expect(judgeAdjustedCI({ ...counts, m1: 0 })).toBeNull();
    expect(judgeAdjustedCI({ ...counts, n: 0 })).toBeNull();
    expect(judgeAdjustedCI({ ...counts, q0: 0.1 })).toBeNull();
    const { low, high } = judgeAdjustedCI(counts) ?? { low: 1, high: 0 };
    expect(low).toBeLessThan(roganGladen(counts) ?? 0);
    expect(high).toBeGreaterThan(roganGladen(counts) ?? 1);
  });
});
