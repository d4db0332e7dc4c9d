/** A tree of weighted requirements of which only the leaves are judged. */
import { sum } from "../special.ts";

export type RubricNode = { weight: number } & ({ children: readonly RubricNode[] } | { score: number | null });

export interface RubricScore {
  /** Null where a failed leaf leaves it open, and where nothing has weight. */
  score: number | null;
  /** Were every failed leaf 0. */
  low: number | null;
  /** Were every failed leaf 1. */
  high: number | null;
}

/**
 * score(node) = Σ w·score(child)/Σ w over its children, weights ≥ 0; a leaf's null is a judge's failure, carried as bounds and never as 0.
 * A branch without weight of its own counts for nothing. Source: Starace et al. 2025, "PaperBench" (arXiv 2504.01848).
 */
export function rubricTree(node: RubricNode): RubricScore {
  const low = weightedMean(node, 0);
  const high = weightedMean(node, 1);
  return { score: low === high ? low : null, low, high };
}

function weightedMean(node: RubricNode, failed: number): number | null {
  if ("score" in node) return node.score ?? failed;
  const scored = node.children.flatMap((child) => {
    const score = weightedMean(child, failed);
    return score === null ? [] : [{ weight: child.weight, score }];
  });
  const total = sum(scored.map(({ weight }) => weight));
  return total === 0 ? null : sum(scored.map(({ weight, score }) => weight * score)) / total;
}
