/** SQuAD's answer normalisation and F1. Source: Rajpurkar et al. 2018, SQuAD 2.0, evaluate-v2.0.py. */
import type { MatchAndF1 } from "./drop.ts";
import { pySplit, removeArticles, removePunctuation } from "./python-text.ts";

/** Lower case, no ASCII punctuation, no articles, single spaces. */
export function squadNormalize(text: string): string {
  return pySplit(removeArticles(removePunctuation(text.toLowerCase()))).join(" ");
}

/** Exact match and token F1 of one prediction against one gold answer; two empty answers agree, one empty answer scores 0. */
export function squadScore(predicted: string, gold: string): MatchAndF1 {
  const left = squadNormalize(predicted);
  const right = squadNormalize(gold);
  const tokens = { predicted: pySplit(left), gold: pySplit(right) };
  return { em: left === right ? 1 : 0, f1: tokenF1(tokens.predicted, tokens.gold) };
}

/** Token F1 without SQuAD's article rule: lower case and no ASCII punctuation only. Source: olmo-eval, scorers/base.py, `_compute_f1`. */
export function simpleF1(predicted: string, gold: string): number {
  const tokens = (text: string) => pySplit(removePunctuation(text.toLowerCase()));
  return tokenF1(tokens(predicted), tokens(gold));
}

/** F1 of two multisets of tokens; 1 where both are empty, 0 where one is. */
function tokenF1(predicted: readonly string[], gold: readonly string[]): number {
  if (predicted.length === 0 || gold.length === 0) return predicted.length === gold.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const token of gold) left.set(token, (left.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of predicted) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    common += 1;
  }
  return common === 0 ? 0 : (2 * common) / (predicted.length + gold.length);
}
