import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cohenKappa, weightedKappa } from "../../../src/scoring/statistics/agreement/cohen-kappa.ts";
import { fleissKappa } from "../../../src/scoring/statistics/agreement/fleiss-kappa.ts";
import { gwetAC1 } from "../../../src/scoring/statistics/agreement/gwet-ac1.ts";
import { krippendorffAlpha } from "../../../src/scoring/statistics/agreement/krippendorff-alpha.ts";
import { raterAgreement } from "../../../src/scoring/statistics/agreement/raters.ts";

const levels = ["nominal", "ordinal", "interval", "ratio"] as const;
const squareTable = fc
  .integer({ min: 2, max: 4 })
  .chain((size) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  );
const units = fc.array(fc.array(fc.option(fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 12,
});

describe("agreement of two raters", () => {
  test("is 1 where they never differ and both use two categories", () => {
    const table = [
      [7, 0],
      [0, 3],
    ];
    expect(cohenKappa(table)).toMatchObject({ n: 10, po: 1, kappa: 1 });
    expect([weightedKappa(table, "linear"), weightedKappa(table, "quadratic"), gwetAC1(table)]).toEqual([1, 1, 1]);
  });
  test("is undefined of no items, with n = 0 and nothing else", () => {
    const nothing = [
      [0, 0],
      [0, 0],
    ];
    expect(cohenKappa(nothing)).toEqual({ n: 0, po: null, pe: null, kappa: null });
    expect([weightedKappa(nothing, "linear"), gwetAC1(nothing)]).toEqual([null, null]);
  });
  test("of one category only, κ is undefined while AC1 is 1", () => {
    const table = [
      [50, 0],
      [0, 0],
    ];
    expect(cohenKappa(table).kappa).toBeNull();
    expect(gwetAC1(table)).toBe(1);
  });
  test("does not depend on which of the two comes first, and never exceeds 1", () => {
    fc.assert(
      fc.property(squareTable, (table) => {
        const transposed = table.map((_row, i) => table.map((row) => row[i] ?? 0));
        for (const measure of [(t: number[][]) => cohenKappa(t).kappa, (t: number[][]) => weightedKappa(t, "quadratic"), gwetAC1]) {
          const value = measure(table);
          if (value === null) expect(measure(transposed)).toBeNull();
          else {
            expect(measure(transposed)).toBeCloseTo(value, 12);
            expect(value).toBeLessThanOrEqual(1 + 1e-12);
          }
        }
      }),
    );
  });
  test("weights that only ask for equality give Cohen's own: of two categories both kinds are κ", () => {
    fc.assert(
      fc.property(
        squareTable.filter((table) => table.length === 2),
        (table) => {
          const { kappa } = cohenKappa(table);
          for (const weights of ["linear", "quadratic"] as const) {
            if (kappa === null) expect(weightedKappa(table, weights)).toBeNull();
            else expect(weightedKappa(table, weights)).toBeCloseTo(kappa, 10);
          }
        },
      ),
    );
  });
});

describe("agreement of many raters", () => {
  test("Fleiss' κ needs every item rated equally often", () => {
    expect(
      fleissKappa([
        [2, 1],
        [3, 1],
      ]),
    ).toBeNull();
    expect(fleissKappa([])).toBeNull();
    expect(
      fleissKappa([
        [1, 0],
        [0, 1],
      ]),
    ).toBeNull();
    expect(
      fleissKappa([
        [3, 0],
        [3, 0],
      ]),
    ).toBeNull();
    expect(
      fleissKappa([
        [3, 0],
        [0, 3],
      ]),
    ).toBe(1);
  });
  test("α is 1 where ratings differ between items only, and the same whatever the order of items and raters", () => {
    fc.assert(
      fc.property(units, fc.constantFrom(...levels), (table, level) => {
        const alpha = krippendorffAlpha(table, level);
        const shuffled = table.toReversed().map((unit) => unit.toReversed());
        if (alpha === null) expect(krippendorffAlpha(shuffled, level)).toBeNull();
        else {
          expect(krippendorffAlpha(shuffled, level)).toBeCloseTo(alpha, 10);
          expect(alpha).toBeLessThanOrEqual(1);
        }
      }),
    );
    for (const level of levels)
      expect(
        krippendorffAlpha(
          [
            [1, 1],
            [4, 4, null],
            [2, null],
          ],
          level,
        ),
      ).toBe(1);
  });
  test("α on the ordinal level sees order only, on the interval level no shift, on the ratio level no factor", () => {
    fc.assert(
      fc.property(units, (table) => {
        const through = (change: (value: number) => number) =>
          table.map((unit) => unit.map((value) => (value === null ? null : change(value))));
        const pairs = [
          ["ordinal", (value: number) => value ** 3],
          ["interval", (value: number) => 2 * value - 7],
          ["ratio", (value: number) => 3 * value],
        ] as const;
        for (const [level, change] of pairs) {
          const alpha = krippendorffAlpha(table, level);
          const changed = krippendorffAlpha(through(change), level);
          if (alpha === null) expect(changed).toBeNull();
          else expect(changed).toBeCloseTo(alpha, 9);
        }
      }),
    );
  });
  test("a ratio scale with negative values has no α", () => {
    expect(
      krippendorffAlpha(
        [
          [-1, 1],
          [2, 2],
        ],
        "ratio",
      ),
    ).toBeNull();
    expect(
      krippendorffAlpha(
        [
          [0, 0],
          [2, 2],
        ],
        "ratio",
      ),
    ).toBe(1);
  });
  test("ratings in full give n, equal pairs, α and Fleiss' κ; with one missing Fleiss' is undefined", () => {
    const full = raterAgreement(
      [
        [1, 1, 1],
        [0, 0, 1],
        [null, 1, null],
      ],
      "nominal",
    );
    expect(full).toMatchObject({ n: 2, po: (1 + 1 / 3) / 2 });
    expect(full.fleiss).toBeCloseTo(
      fleissKappa([
        [3, 0],
        [1, 2],
      ]) ?? Number.NaN,
      12,
    );
    expect(
      raterAgreement(
        [
          [1, 1, 1],
          [0, 0, null],
        ],
        "nominal",
      ),
    ).toEqual({ n: 2, po: 1, alpha: 1, fleiss: null });
    expect(raterAgreement([], "nominal")).toEqual({ n: 0, po: null, alpha: null, fleiss: null });
  });
});
