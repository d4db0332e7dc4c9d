/** DROP's answer normalisation and F1. Source of all: Dua et al. 2019, DROP (drop_eval.py), as in lm-evaluation-harness, tasks/drop/utils.py. */
import { largestAssignment } from "./assignment.ts";
import { pyFloat, pyFloatText, pySplit, pyStrip, removeArticles, removePunctuation, roundToCents } from "./python-text.ts";

export interface MatchAndF1 {
  em: number;
  f1: number;
}

/** Lower case, no punctuation, no articles, numbers as floats ("1,000" is "1000.0"), token by token. */
export function dropNormalize(text: string): string {
  const tokens = text.split(/[ -]/).map((token) => {
    const lower = token.toLowerCase();
    const bare = pyFloat(lower) === null ? removePunctuation(lower) : lower;
    const number = pyFloat(bare);
    return pySplit(removeArticles(number === null ? bare : pyFloatText(number))).join(" ");
  });
  return tokens.filter((token) => token !== "").join(" ");
}

/**
 * Exact match and F1, rounded to two decimals, of predicted against gold spans: token sets aligned one to one so that the sum is largest.
 * Two empty lists agree.
 */
export function dropScore(predicted: readonly string[], gold: readonly string[]): MatchAndF1 {
  const spans = { predicted: predicted.map(dropNormalize), gold: gold.map(dropNormalize) };
  const isSame = predicted.length === gold.length && new Set(spans.predicted).symmetricDifference(new Set(spans.gold)).size === 0;
  const size = Math.max(predicted.length, gold.length);
  if (size === 0) return { em: 1, f1: 1 };
  const bags = { predicted: spans.predicted.map(bagOf), gold: spans.gold.map(bagOf) };
  const table = bags.gold.map((goldBag) => bags.predicted.map((bag) => (haveCommonNumbers(goldBag, bag) ? bagF1(bag, goldBag) : 0)));
  return { em: isSame ? 1 : 0, f1: roundToCents(largestAssignment(table) / size) };
}

/** The best exact match and the best F1 over several gold answers; a gold answer whose first span is blank counts for nothing. */
export function dropBest(predicted: readonly string[], golds: readonly (readonly string[])[]): MatchAndF1 {
  const scores = golds.filter(([first = ""]) => pyStrip(first) !== "").map((gold) => dropScore(predicted, gold));
  return { em: Math.max(0, ...scores.map((score) => score.em)), f1: Math.max(0, ...scores.map((score) => score.f1)) };
}

const bagOf = (span: string) => new Set(pySplit(span));

/** Whether the gold bag has no number, or one that the predicted bag has too. */
function haveCommonNumbers(gold: ReadonlySet<string>, predicted: ReadonlySet<string>): boolean {
  const numbers = [...gold].filter((word) => pyFloat(word) !== null);
  return numbers.length === 0 || numbers.some((word) => predicted.has(word));
}

/** F1 of two sets of words; an empty set has precision or recall 1, as the original has it. */
export function bagF1(predicted: ReadonlySet<string>, gold: ReadonlySet<string>): number {
  const common = [...gold].filter((word) => predicted.has(word)).length;
  const precision = predicted.size === 0 ? 1 : common / predicted.size;
  const recall = gold.size === 0 ? 1 : common / gold.size;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}
