/**
 * A mean that people would have given, from their labels on a random slice and a judge's scores on everything: prediction-powered inference.
 * Unbiased however wrong the judge is; the better the judge, the narrower the interval. Needs a slice drawn at random from what is scored.
 */
import { intervalNormal, type Interval } from "../intervals.ts";
import { sum } from "../special.ts";
import { mean, variance } from "../summary.ts";

export interface LabelledSlice {
  /** People's scores of the labelled items. */
  human: readonly number[];
  /** The judge's scores of the same items, in the same order. */
  judgeOnHuman: readonly number[];
  /** The judge's scores of the items without a label. */
  judgeOnRest: readonly number[];
  /** Which items belong together (attempts at one question), of `human` and of `judgeOnRest`; each item its own where absent. */
  clusters?: { human: readonly string[]; rest: readonly string[] };
}

/** A part of the population from which items were drawn at one rate, and the part's share of the population. */
export interface Stratum extends LabelledSlice {
  share: number;
}

export interface PpiOptions {
  /** Trust in the judge: 0 uses the labels alone, 1 is PPI; `auto` (PPI++) is the value of least variance, within [0, 1]. Default `auto`. */
  lambda?: number | "auto";
  /**
   * Whether the strata's shares are given (`fixed`: tasks of a benchmark), or were themselves found by counting the items (`counted`: strata
   * of what the judge said), so that they would come out otherwise with other items. Default `fixed`.
   */
  shares?: "fixed" | "counted";
  /** Two-sided coverage, 0.95 unless said. */
  level?: number;
}

export interface PpiEstimate {
  estimate: number;
  stderr: number;
  /** Normal interval; may pass the ends of the scale. */
  interval: Interval;
  lambda: number;
}

/**
 * λ·mean(J') + mean(Y − λJ), Y labels, J the judge on them, J' the judge on the rest; variance λ²·var(J')/N + var(Y − λJ)/n, with n as
 * divisor. Null for fewer than two labels. Source: Angelopoulos et al. 2023 (arXiv 2301.09633); λ: the same, "PPI++" (arXiv 2311.01453), and
 * `ppi_mean_ci` of ppi_py.
 * Nothing prints it yet.
 */
export function ppiMean(slice: LabelledSlice, options: PpiOptions = {}): PpiEstimate | null {
  return ppiStratified([{ ...slice, share: 1 }], options);
}

/**
 * The same for a slice drawn at a different rate from each stratum: Σ share·(stratum's estimate), one λ for all. This, not weights of 1/π in
 * a plain mean, is what a stratified draw calls for: within a stratum items are equally likely, so each rectifier is a plain mean (the
 * Horvitz–Thompson and the Hájek one coincide), and its variance is known without joint inclusion probabilities. Null where a stratum has
 * fewer than two labels, since its error is then unknown. Source: Fisch et al. 2024, "Stratified Prediction-Powered Inference"
 * (arXiv 2406.04291); Cochran 1977, "Sampling Techniques", §5.3, and §12.2 for shares that are counted, which add Σ share·(θ_h − θ)²/N to the
 * variance.
 */
export function ppiStratified(
  strata: readonly Stratum[],
  { lambda = "auto", shares = "fixed", level = 0.95 }: PpiOptions = {},
): PpiEstimate | null {
  if (strata.length === 0 || strata.some(({ human }) => human.length < 2)) return null;
  // Where everything is labelled there is nothing that the judge could add.
  const withRest = strata.filter(({ judgeOnRest }) => judgeOnRest.length > 0);
  const trust = withRest.length === 0 ? 0 : lambda === "auto" ? leastVarianceLambda(withRest) : lambda;
  const parts = strata.map((stratum) => contributions(stratum, stratum.judgeOnRest.length > 0 ? trust : 0));
  const estimate = sum(parts.map((part) => part.estimate * part.share));
  const items = sum(parts.map(({ deviations }) => deviations.length));
  const byCluster = new Map<string, number>();
  parts.forEach((part, index) => {
    const ofShare = shares === "fixed" ? 0 : (part.estimate - estimate) / items;
    part.deviations.forEach(({ cluster, value }, item) => {
      const key = cluster ?? `alone ${index} ${item}`;
      byCluster.set(key, (byCluster.get(key) ?? 0) + value + ofShare);
    });
  });
  const stderr = Math.sqrt(sum([...byCluster.values()].map((value) => value ** 2)));
  return { estimate, stderr, interval: intervalNormal(estimate, stderr, level), lambda: trust };
}

/** A stratum's own estimate, and by how much each item moves the whole: the squares of these sum to the variance. */
function contributions({ share, human, judgeOnHuman, judgeOnRest, clusters }: Stratum, lambda: number) {
  const rectifiers = human.map((label, index) => label - lambda * (judgeOnHuman[index] ?? 0));
  const part = (values: readonly number[], keys: readonly string[] | undefined, factor: number) => {
    const center = mean(values) ?? 0;
    const weight = (share * factor) / Math.max(values.length, 1);
    const deviations = values.map((value, index) => ({ cluster: keys?.[index], value: weight * (value - center) }));
    return { estimate: factor * center, deviations };
  };
  const labelled = part(rectifiers, clusters?.human, 1);
  const rest = part(judgeOnRest, clusters?.rest, lambda);
  return { share, estimate: labelled.estimate + rest.estimate, deviations: [...labelled.deviations, ...rest.deviations] };
}

/** Σ share²·cov(Y, J)/n over Σ share²·(1/n + 1/N)·var(J), within [0, 1]; of one stratum: cov/((1 + n/N)·var). 0 for a judge that never varies. */
function leastVarianceLambda(strata: readonly Stratum[]): number {
  const gain = strata.map(({ share, human, judgeOnHuman }) => (share ** 2 * covariance(human, judgeOnHuman)) / human.length);
  const cost = strata.map(({ share, human, judgeOnHuman, judgeOnRest }) => {
    const spread = variance([...judgeOnHuman, ...judgeOnRest]) ?? 0;
    return share ** 2 * (1 / human.length + 1 / judgeOnRest.length) * spread;
  });
  const total = sum(cost);
  return total === 0 ? 0 : Math.min(1, Math.max(0, sum(gain) / total));
}

/** Covariance with n as divisor. */
function covariance(a: readonly number[], b: readonly number[]): number {
  const [centerA, centerB] = [mean(a) ?? 0, mean(b) ?? 0];
  return sum(a.map((value, index) => (value - centerA) * ((b[index] ?? 0) - centerB))) / a.length;
}
