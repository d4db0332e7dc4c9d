/** Draws the trials that people are asked to label. */
import { attemptKey } from "../../core/ids.ts";
import { sha256 } from "../../core/json.ts";
import type { DrawnTrial, LabelSample } from "../../core/label.ts";

export interface DrawRequest {
  /** How many are wanted; fewer where there are fewer. */
  n: number;
  /** The same seed draws the same trials, also in another run that has them: differences of two runs need labels of both. */
  seed: string;
}

/** A trial that could be drawn. */
export interface FrameTrial extends DrawnTrial {
  /** What its place in the random order depends on: the same in another run over the same instance. */
  pairKey: string;
}

export type Draw = Pick<LabelSample, "population" | "strata" | "drawn">;

/**
 * Orders trials by the hash of seed and instance, and takes the first of each stratum: without replacement, everyone in a stratum equally likely.
 * Strata get equal numbers as far as their sizes allow, so that small ones are seen; their inclusion probabilities then differ.
 * Source of hashes as permanent random numbers: Ohlsson 1995, "Coordination of Samples Using Permanent Random Numbers".
 */
export function drawSample(trials: readonly FrameTrial[], { n, seed }: DrawRequest): Draw {
  const byStratum = Map.groupBy(inRandomOrder(trials, seed), ({ stratum }) => stratum);
  const names = [...byStratum.keys()].toSorted();
  const numbers = shareOut(
    n,
    names.map((name) => byStratum.get(name)?.length ?? 0),
  );
  const taken = names.flatMap((name, index) => byStratum.get(name)?.slice(0, numbers[index]) ?? []);
  return {
    population: populationOf(trials),
    strata: names.map((stratum, index) => {
      const size = byStratum.get(stratum)?.length ?? 0;
      const drawn = numbers[index] ?? 0;
      return { stratum, trials: size, drawn, inclusionProbability: drawn / size };
    }),
    drawn: inRandomOrder(taken, seed).map(({ trialId, attempt, stratum }) => ({ trialId, attempt, stratum })),
  };
}

/** What a sample was drawn from: compared later, since a run may have grown. */
export function populationOf(trials: readonly Pick<DrawnTrial, "trialId" | "attempt">[]): LabelSample["population"] {
  const ids = trials.map(attemptKey).toSorted();
  return { trials: trials.length, hash: sha256(JSON.stringify(ids)) };
}

function inRandomOrder(trials: readonly FrameTrial[], seed: string): FrameTrial[] {
  const ranked = trials.map((trial) => ({ trial, rank: sha256(JSON.stringify([seed, trial.pairKey])) }));
  return ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ trial }) => trial);
}

/** `n` shared out equally, nobody getting more than its size; what small ones leave goes to the others. */
function shareOut(n: number, sizes: readonly number[]): number[] {
  const numbers = sizes.map(() => 0);
  for (
    let left = Math.min(
      n,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    left > 0;
  ) {
    const open = sizes.flatMap((size, index) => ((numbers[index] ?? 0) < size ? [index] : []));
    const each = Math.max(1, Math.floor(left / open.length));
    for (const index of open) {
      const more = Math.min(each, left, (sizes[index] ?? 0) - (numbers[index] ?? 0));
      numbers[index] = (numbers[index] ?? 0) + more;
      left -= more;
    }
  }
  return numbers;
}
