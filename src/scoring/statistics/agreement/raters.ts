/**
 * How far several ratings of the same items agree: of people, what no judge can be asked to exceed (the human ceiling); of one judge's
 * replicates, its consistency with itself; of a panel's judges, how much of one mind they are.
 */
import { sum } from "../special.ts";
import { mean } from "../summary.ts";
import { fleissKappa } from "./fleiss-kappa.ts";
import { krippendorffAlpha, type MeasurementLevel } from "./krippendorff-alpha.ts";

export interface RaterAgreement {
  /** Items with at least two ratings; the others count for nothing. */
  n: number;
  /** Mean over items of the share of pairs of ratings that are equal; null without items. */
  po: number | null;
  /** Krippendorff's α; null where undefined. */
  alpha: number | null;
  /** Fleiss' κ; null with ratings missing, or where undefined. */
  fleiss: number | null;
}

/** Agreement of `units[item][rater]`, null a missing rating. */
export function raterAgreement(units: readonly (readonly (number | null)[])[], level: MeasurementLevel): RaterAgreement {
  const rated = units.map((unit) => unit.filter((value) => value !== null)).filter((ratings) => ratings.length > 1);
  const categories = [...new Set(rated.flat())];
  const counts = rated.map((ratings) => categories.map((category) => ratings.filter((value) => value === category).length));
  return {
    n: rated.length,
    po: mean(counts.map((item) => sum(item.map((count) => count * (count - 1))) / (sum(item) * (sum(item) - 1)))),
    alpha: krippendorffAlpha(rated, level),
    fleiss: fleissKappa(counts),
  };
}
