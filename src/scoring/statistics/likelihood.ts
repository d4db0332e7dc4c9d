/** Metrics of log-probabilities (natural logarithms). Nothing prints them yet: chat models give none. */
import { mean } from "./summary.ts";
import { sum } from "./special.ts";

/** A text's summed log-probability and its size in the unit of the metric (UTF-8 bytes or words). */
export type ScoredText = readonly [logprob: number, size: number];

/** Bits per UTF-8 byte, −Σ ln p / (bytes · ln 2); null for an empty text. Source: Gao et al. 2020, "The Pile" (arXiv 2101.00027), §3.1. */
export function bitsPerByte(logprobSum: number, text: string): number | null {
  return bitsPerSize([logprobSum, Buffer.byteLength(text, "utf8")]);
}

/** Bits per byte of a corpus: one quotient over all bytes (`byte`), or the mean of the texts' own (`instance`); the two differ. */
export function bitsPerByteCorpus(texts: readonly ScoredText[], weighting: "byte" | "instance"): number | null {
  if (weighting === "byte") return bitsPerSize(totalOf(texts));
  return mean(texts.map(bitsPerSize).filter((value) => value !== null));
}

/** exp(−Σ ln p / Σ words); null without words. Source: Jelinek et al. 1977, perplexity, per word. */
export function wordPerplexity(texts: readonly ScoredText[]): number | null {
  return perplexity(totalOf(texts));
}

/** exp(−Σ ln p / Σ bytes) = 2^(bits per byte); null without bytes. */
export function bytePerplexity(texts: readonly ScoredText[]): number | null {
  return perplexity(totalOf(texts));
}

/** exp(−mean ln p) over tokens; null without tokens. Source: Jelinek et al. 1977. */
export function tokenPerplexity(logprobs: readonly number[]): number | null {
  return perplexity([sum(logprobs), logprobs.length]);
}

/** How a choice's log-probability is made comparable with the others'. */
type ChoiceNorm = "none" | "char" | "byte" | "token" | "uncond";

export interface Choices {
  logprobs: readonly number[];
  norm: ChoiceNorm;
  /** The choices' texts, for `char` (Unicode code points) and `byte` (UTF-8). */
  choices?: readonly string[];
  /** Token counts, for `token`. */
  tokens?: readonly number[];
  /** Log-probabilities without the question, for `uncond`. */
  uncond?: readonly number[];
}

/** Index of the most likely choice after normalisation, the first of equals; null without choices. Source: Brown et al. 2020 (arXiv 2005.14165), §2.4. */
export function mcPick({ logprobs, norm, choices = [], tokens = [], uncond = [] }: Choices): number | null {
  const perSize = (logprob: number, size: number) => logprob / Math.max(size, 1);
  const normalise = {
    none: (logprob: number) => logprob,
    char: (logprob: number, index: number) => perSize(logprob, [...(choices[index] ?? "")].length),
    byte: (logprob: number, index: number) => perSize(logprob, Buffer.byteLength(choices[index] ?? "", "utf8")),
    token: (logprob: number, index: number) => perSize(logprob, tokens[index] ?? 1),
    uncond: (logprob: number, index: number) => logprob - (uncond[index] ?? 0),
  }[norm];
  const values = logprobs.map(normalise);
  return values.length === 0 ? null : values.indexOf(values.reduce((best, value) => (value > best ? value : best)));
}

/** Brier score Σ_k (softmax_k − 1[k = gold])² of one question; null without choices. Source: Brier 1950, multi-category form. */
export function brier(logprobs: readonly number[], gold: number): number | null {
  if (logprobs.length === 0) return null;
  const largest = logprobs.reduce((best, value) => Math.max(best, value));
  const weights = logprobs.map((logprob) => Math.exp(logprob - largest));
  const total = sum(weights);
  return sum(weights.map((weight, index) => (weight / total - (index === gold ? 1 : 0)) ** 2));
}

const bitsPerSize = ([logprob, size]: ScoredText) => (size === 0 ? null : -logprob / (size * Math.LN2));
const perplexity = ([logprob, size]: ScoredText) => (size === 0 ? null : Math.exp(-logprob / size));
const totalOf = (texts: readonly ScoredText[]): ScoredText => [sum(texts.map(([logprob]) => logprob)), sum(texts.map(([, size]) => size))];
