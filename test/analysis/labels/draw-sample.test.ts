import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawSample, populationOf, type FrameTrial } from "../../../src/analysis/labels/draw-sample.ts";

const frame = (size: number, stratum: (index: number) => string = () => "all"): FrameTrial[] =>
  Array.from({ length: size }, (_value, index) => ({
    trialId: `t${index}`,
    attempt: 1,
    stratum: stratum(index),
    pairKey: `hash${index}#1#0`,
  }));
const idsOf = (draw: { drawn: readonly { trialId: string }[] }) => draw.drawn.map(({ trialId }) => trialId);

describe("a random slice", () => {
  test("has as many different trials as were asked for, or all there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 80 }), fc.string(), (size, n, seed) => {
        const draw = drawSample(frame(size), { n, seed });
        expect(new Set(idsOf(draw)).size).toBe(Math.min(n, size));
        expect(draw.strata).toEqual([
          { stratum: "all", trials: size, drawn: draw.drawn.length, inclusionProbability: draw.drawn.length / size },
        ]);
      }),
    );
  });
  test("does not depend on the order of the trials, and a larger one begins with the smaller", () => {
    const trials = frame(50);
    const draw = drawSample(trials, { n: 20, seed: "s" });
    expect(drawSample(trials.toReversed(), { n: 20, seed: "s" })).toEqual(draw);
    expect(idsOf(drawSample(trials, { n: 8, seed: "s" }))).toEqual(idsOf(draw).slice(0, 8));
    expect(idsOf(drawSample(trials, { n: 20, seed: "other" }))).not.toEqual(idsOf(draw));
  });
  test("is the same in another run over the same instances, whatever its trials are called", () => {
    const renamed = frame(50).map((trial) => ({ ...trial, trialId: `other/${trial.trialId}` }));
    const there = idsOf(drawSample(renamed, { n: 10, seed: "s" }));
    expect(there).toEqual(idsOf(drawSample(frame(50), { n: 10, seed: "s" })).map((id) => `other/${id}`));
  });
  test("takes every trial about equally often, and every pair", () => {
    const seeds = 3000;
    const times = new Map<string, number>();
    const note = (key: string) => times.set(key, (times.get(key) ?? 0) + 1);
    for (let seed = 0; seed < seeds; seed += 1) {
      const ids = idsOf(drawSample(frame(6), { n: 2, seed: String(seed) }));
      ids.forEach(note);
      note(ids.toSorted().join("+"));
    }
    const [single, pair] = [seeds / 3, seeds / 15];
    const isFar = ([key, count]: [string, number]) => {
      const expected = key.includes("+") ? pair : single;
      return Math.abs(count - expected) > 5 * Math.sqrt(expected);
    };
    expect([...times].filter(isFar)).toEqual([]);
    expect(times.size).toBe(6 + 15);
  });
});

test("strata get equal numbers, and what a small one leaves goes to the others, with the chance of each said", () => {
  const draw = drawSample(
    frame(103, (index) => (index < 3 ? "small" : index < 43 ? "middle" : "large")),
    { n: 33, seed: "s" },
  );
  expect(draw.strata).toEqual([
    { stratum: "large", trials: 60, drawn: 15, inclusionProbability: 0.25 },
    { stratum: "middle", trials: 40, drawn: 15, inclusionProbability: 0.375 },
    { stratum: "small", trials: 3, drawn: 3, inclusionProbability: 1 },
  ]);
  const found = Map.groupBy(draw.drawn, ({ stratum }) => stratum);
  expect([...found].map(([stratum, trials]) => [stratum, trials.length]).toSorted()).toEqual([
    ["large", 15],
    ["middle", 15],
    ["small", 3],
  ]);
});

test("a population is known again whatever its order, and is another one when a trial was added or ran again", () => {
  const trials = frame(4);
  const { hash } = populationOf(trials);
  expect(populationOf(trials.toReversed())).toEqual({ trials: 4, hash });
  expect(populationOf(frame(5)).hash).not.toBe(hash);
  expect(populationOf(trials.map((trial, index) => (index === 0 ? { ...trial, attempt: 2 } : trial))).hash).not.toBe(hash);
});
