/** Chance-corrected agreement of two raters over the same items, from their square table of counts: `table[i][j]` items got i from one and j from the other. */
import { sum } from "../special.ts";

export interface Kappa {
  n: number;
  /** Observed agreement, a share; null without items. */
  po: number | null;
  /** Agreement expected by chance from the two raters' own shares; null without items. */
  pe: number | null;
  /** Null where chance alone agrees always: both raters used one and the same category. */
  kappa: number | null;
}

/** The totals of one rater (`rows`), of the other (`columns`) and of the table. */
export function marginsOf(table: readonly (readonly number[])[]): { rows: number[]; columns: number[]; n: number } {
  const rows = table.map(sum);
  return { rows, columns: table.map((_row, index) => sum(table.map((row) => row[index] ?? 0))), n: sum(rows) };
}

/** κ = (po − pe)/(1 − pe). Low where one category is rare, however good the raters: read it beside po and n. Source: Cohen 1960. */
export function cohenKappa(table: readonly (readonly number[])[]): Kappa {
  const { rows, columns, n } = marginsOf(table);
  if (n === 0) return { n, po: null, pe: null, kappa: null };
  const po = sum(table.map((row, index) => row[index] ?? 0)) / n;
  const pe = sum(rows.map((row, index) => row * (columns[index] ?? 0))) / n ** 2;
  return { n, po, pe, kappa: pe >= 1 ? null : (po - pe) / (1 - pe) };
}

/**
 * κ for ordered categories, 1 − Σ w·O/Σ w·E, where categories i and j of q disagree by |i − j| (`linear`) or (i − j)² (`quadratic`).
 * Null without items, or where chance alone never disagrees. Source: Cohen 1968.
 */
export function weightedKappa(table: readonly (readonly number[])[], weights: "linear" | "quadratic"): number | null {
  const { rows, columns, n } = marginsOf(table);
  const power = weights === "linear" ? 1 : 2;
  const disagreement = (count: (i: number, j: number) => number) =>
    sum(table.flatMap((row, i) => row.map((_count, j) => Math.abs(i - j) ** power * count(i, j))));
  const expected = disagreement((i, j) => ((rows[i] ?? 0) * (columns[j] ?? 0)) / n);
  return n === 0 || expected === 0 ? null : 1 - disagreement((i, j) => table[i]?.[j] ?? 0) / expected;
}
