/** Distribution functions and quantiles of the normal, Student's t and beta distributions. */
import { erfc, regIncBeta } from "./special.ts";

/** Φ(z) = erfc(−z/√2)/2: full precision in the lower tail; for the upper tail use Φ(−z). */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** The point in [low, high] where an increasing function reaches `target`, by bisection down to neighbouring doubles. */
function invert(increasing: (x: number) => number, target: number, low: number, high: number): number {
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (increasing(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ⁻¹(p) for 0 < p < 1; ±Infinity at the ends. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  return p < 0.5 ? invert(normalCdf, p, -40, 0) : -invert(normalCdf, 1 - p, -40, 0);
}

/** P(T ≤ t) for Student's t with `df` degrees of freedom. Source: DLMF 8.17; tail = I_{df/(df+t²)}(df/2, 1/2)/2. */
export function tCdf(t: number, df: number): number {
  const tail = regIncBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** Quantile of Student's t with `df` > 0 degrees of freedom. */
export function tQuantile(p: number, df: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  if (p > 0.5) return -tQuantile(1 - p, df);
  let low = -1;
  while (tCdf(low, df) > p && low > -1e300) low *= 2;
  return invert((t) => tCdf(t, df), p, low, 0);
}

/** Quantile of the beta distribution with parameters a, b > 0. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return invert((x) => regIncBeta(x, a, b), p, 0, 1);
}
