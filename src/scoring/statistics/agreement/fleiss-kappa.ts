/** Chance-corrected agreement of many raters, where every item was rated equally often. */
import { sum } from "../special.ts";
import { mean } from "../summary.ts";

/**
 * Fleiss' κ of `counts[item][category]`. Null without items, with items of unequal or fewer than two ratings (then Krippendorff's α is the
 * one to use), or where every rating is the same category. Source: Fleiss 1971.
 */
export function fleissKappa(counts: readonly (readonly number[])[]): number | null {
  const ratings = sum(counts[0] ?? []);
  if (ratings < 2 || counts.some((item) => sum(item) !== ratings)) return null;
  const po = mean(counts.map((item) => (sum(item.map((count) => count ** 2)) - ratings) / (ratings * (ratings - 1))));
  const totals = (counts[0] ?? []).map((_count, category) => sum(counts.map((item) => item[category] ?? 0)));
  const all = counts.length * ratings;
  const pe = sum(totals.map((total) => total ** 2)) / all ** 2;
  return po === null || pe >= 1 ? null : (po - pe) / (1 - pe);
}
