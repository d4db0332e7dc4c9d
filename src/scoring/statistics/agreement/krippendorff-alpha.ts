/** Agreement of any number of raters on any scale, with ratings missing. */
import { sum } from "../special.ts";

/** What differences between values mean: none but equality, their order, their distance, or their distance relative to their size. */
export type MeasurementLevel = "nominal" | "ordinal" | "interval" | "ratio";

/**
 * Krippendorff's α = 1 − Do/De over `units[item][rater]`, null a missing rating; items with fewer than two ratings count for nothing. Null
 * where nothing could be compared, where all ratings are equal (De = 0), and for negative values on a ratio scale, which has none.
 * Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
 */
export function krippendorffAlpha(units: readonly (readonly (number | null)[])[], level: MeasurementLevel): number | null {
  const pairable = units.map((unit) => unit.filter((value) => value !== null)).filter((ratings) => ratings.length > 1);
  const ratings = pairable.flat();
  if (level === "ratio" && ratings.some((value) => value < 0)) return null;
  const counts = countsOf(ratings.toSorted((a, b) => a - b));
  const difference = differenceOf(level, counts);
  const observed = sum(pairable.map((unit) => disagreement(countsOf(unit), difference) / (unit.length - 1)));
  const expected = disagreement(counts, difference) / (ratings.length - 1);
  return ratings.length === 0 || expected === 0 ? null : 1 - observed / expected;
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

type Difference = (a: number, b: number) => number;

/** Σ of δ² over ordered pairs of values. */
function disagreement(counts: ReadonlyMap<number, number>, difference: Difference): number {
  const entries = [...counts];
  return sum(entries.map(([a, countA]) => countA * sum(entries.map(([b, countB]) => countB * difference(a, b)))));
}

/** δ² of the level. The ordinal one counts the ratings from one value to the other, halves of the two ends. */
function differenceOf(level: MeasurementLevel, sortedCounts: ReadonlyMap<number, number>): Difference {
  if (level === "nominal") return (a, b) => (a === b ? 0 : 1);
  if (level === "interval") return (a, b) => (a - b) ** 2;
  if (level === "ratio") return (a, b) => (a === b ? 0 : ((a - b) / (a + b)) ** 2);
  const middles = new Map<number, number>();
  let below = 0;
  for (const [value, count] of sortedCounts) {
    middles.set(value, below + count / 2);
    below += count;
  }
  return (a, b) => ((middles.get(a) ?? 0) - (middles.get(b) ?? 0)) ** 2;
}
