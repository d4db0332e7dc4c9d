/** Logistic regression with a handful of terms. */
import { sum } from "./special.ts";

export interface LogisticFit {
  coefficients: number[];
  /** From the inverse of the Fisher information. */
  stderrs: number[];
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

const MAX_STEPS = 50;
/** Log-odds past which a chance is 0 or 1 in all but name: the likelihood's maximum then lies at infinity. */
const SEPARATED = 30;

/**
 * Maximum likelihood coefficients of P(outcome) = sigmoid(row · coefficients), outcomes in [0, 1]. Null where there is none: outcomes that a
 * term separates, terms that depend on each other, no rows. Source: iteratively reweighted least squares, McCullagh & Nelder 1989, §4.4.
 */
export function logisticRegression(rows: readonly (readonly number[])[], outcomes: readonly number[]): LogisticFit | null {
  const terms = rows[0]?.length ?? 0;
  let coefficients = Array.from({ length: terms }, () => 0);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const chances = rows.map((row) => sigmoid(dot(row, coefficients)));
    const gradient = coefficients.map((_value, i) => sum(rows.map((row, k) => at(row, i) * (at(outcomes, k) - at(chances, k)))));
    const information = coefficients.map((_row, i) =>
      coefficients.map((_column, j) => sum(rows.map((row, k) => at(row, i) * at(row, j) * at(chances, k) * (1 - at(chances, k))))),
    );
    const covariance = inverse(information);
    if (covariance === null || coefficients.length === 0) return null;
    const change = covariance.map((row) => dot(row, gradient));
    coefficients = coefficients.map((value, i) => value + at(change, i));
    if (coefficients.some((value) => !(Math.abs(value) < SEPARATED))) return null;
    if (change.every((value) => Math.abs(value) < 1e-10)) {
      return { coefficients, stderrs: covariance.map((row, i) => Math.sqrt(at(row, i))) };
    }
  }
  return null;
}

const at = (values: readonly number[], index: number) => values[index] ?? 0;
const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((value, index) => value * at(b, index)));

/** Inverse by Gauss–Jordan elimination with row pivoting; null for a singular matrix. */
function inverse(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_value, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column += 1) {
    const below = rows.slice(column);
    const pivot = below.reduce((best, row) => (Math.abs(at(row, column)) > Math.abs(at(best, column)) ? row : best));
    const scale = at(pivot, column);
    if (Math.abs(scale) < 1e-12) return null;
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(
      column,
      0,
      pivot.map((value) => value / scale),
    );
    const unit = rows[column] ?? [];
    rows.forEach((row, i) => {
      if (i !== column) rows[i] = row.map((value, j) => value - at(row, column) * at(unit, j));
    });
  }
  return rows.map((row) => row.slice(size));
}
