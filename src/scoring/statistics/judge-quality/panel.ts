/** What several judges together are worth. */
import { regIncBeta } from "../special.ts";
import { mean, pearson } from "../summary.ts";

/**
 * Number of independent judges that a panel of k amounts to: k/(1 + (k − 1)ρ), ρ the mean correlation of their errors. Null where that is
 * not positive. Source: Kish 1965, design effect; for judges: arXiv 2605.29800.
 */
export function panelEffectiveVotes({ judges, meanErrorCorrelation }: { judges: number; meanErrorCorrelation: number }): number | null {
  const inflation = 1 + (judges - 1) * meanErrorCorrelation;
  return inflation <= 0 ? null : judges / inflation;
}

export interface ErrorCorrelation {
  /** Mean over the pairs that have one; null where none has. */
  rho: number | null;
  /** Pairs of judges whose correlation is defined, of all pairs: a judge whose error never varies has none. */
  pairs: number;
  allPairs: number;
}

/** Mean pairwise Pearson correlation of `errors[item][judge]` (verdict − truth), null where a judge gave none; a pair uses the items of both. */
export function meanErrorCorrelation(errors: readonly (readonly (number | null)[])[]): ErrorCorrelation {
  const judges = Math.max(0, ...errors.map((item) => item.length));
  const correlations: (number | null)[] = [];
  for (let first = 0; first < judges; first += 1) {
    for (let second = first + 1; second < judges; second += 1) {
      const both = errors.flatMap((item) => {
        const [a, b] = [item[first] ?? null, item[second] ?? null];
        return a === null || b === null ? [] : [[a, b] as const];
      });
      correlations.push(
        pearson(
          both.map(([a]) => a),
          both.map(([, b]) => b),
        ),
      );
    }
  }
  const defined = correlations.filter((value) => value !== null);
  return { rho: mean(defined), pairs: defined.length, allPairs: correlations.length };
}

/**
 * Chance that more than half of k independent judges, each right with chance p, are right; of an even k a draw is no majority.
 * Source: Condorcet 1785; the binomial's tail as I_p(m, k − m + 1), DLMF 8.17.5.
 * Nothing prints it yet.
 */
export function condorcet({ judges, accuracy }: { judges: number; accuracy: number }): number {
  const majority = Math.floor(judges / 2) + 1;
  return judges < 1 ? 0 : regIncBeta(accuracy, majority, judges - majority + 1);
}
