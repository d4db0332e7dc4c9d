/** Agreement of two raters that a rare category does not pull down. */
import { sum } from "../special.ts";
import { marginsOf } from "./cohen-kappa.ts";

/**
 * AC1 = (po − pe)/(1 − pe) with pe = Σ π(1 − π)/(q − 1), π a category's share over both raters and q the number of categories that could be
 * given (the table's size, used or not). Null without items or with fewer than two categories. Source: Gwet 2008, "Computing inter-rater
 * reliability and its variance in the presence of high agreement".
 */
export function gwetAC1(table: readonly (readonly number[])[]): number | null {
  const { rows, columns, n } = marginsOf(table);
  if (n === 0 || table.length < 2) return null;
  const shares = rows.map((row, index) => (row + (columns[index] ?? 0)) / (2 * n));
  const po = sum(table.map((row, index) => row[index] ?? 0)) / n;
  const pe = sum(shares.map((share) => share * (1 - share))) / (table.length - 1);
  return (po - pe) / (1 - pe);
}
