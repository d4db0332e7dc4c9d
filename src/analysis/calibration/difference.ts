/** How much better one run is than another over the trials that both have: as the judge says, and as people would have said. */
import { ppiPairedDiff, type PairedStratum } from "../../scoring/statistics/correction/ppi-paired.ts";
import type { CalibrationTrial, Refused } from "./calibration-trial.ts";
import { estimateOf, rawScore, tooFew, type Estimate, type RawScore } from "./corrected.ts";
import type { Slice } from "./slice.ts";

export interface Side {
  trials: readonly (CalibrationTrial & { pairKey: string })[];
  slice: Slice;
  /** Why its labels correct nothing. */
  why: string | undefined;
}

export interface Difference {
  /** Trials of both runs of the same instance, by content, and epoch, that the judge gave a value in both. */
  pairs: number;
  unmatched: { a: number; b: number };
  /** Pairs with a label of both answers. */
  labelledPairs: number;
  /** A − B. */
  raw: RawScore;
  corrected: Estimate | Refused;
}

interface Pair {
  stratum: string;
  cluster: string;
  judgeA: number;
  judgeB: number;
  humanA: number | null;
  humanB: number | null;
}

/**
 * A pair's stratum is both trials' strata: within it, every pair is as likely as any other to have both labels, whether the two samples were
 * drawn together or apart, since each was drawn at random.
 */
export function differenceOf(a: Side, b: Side): Difference {
  const pairs = pairsOf(a, b);
  const labelled = pairs.filter(isLabelled);
  return {
    pairs: pairs.length,
    unmatched: { a: a.trials.length - pairs.length, b: b.trials.length - pairs.length },
    labelledPairs: labelled.length,
    raw: rawScore(pairs.map(({ judgeA, judgeB, cluster }) => ({ value: judgeA - judgeB, cluster }))),
    corrected: correctedOf(pairs, labelled, { why: a.why ?? b.why, shares: sharesOf(a, b) }),
  };
}

function sharesOf(a: Side, b: Side): Slice["shares"] {
  return [a, b].some(({ slice }) => slice.shares === "counted") ? "counted" : "fixed";
}

function pairsOf(a: Side, b: Side): Pair[] {
  const [peopleA, peopleB] = [a, b].map(({ slice: { labelled } }) => new Map(labelled.map(({ trial, value }) => [trial.trialId, value])));
  const others = new Map(b.trials.map((trial) => [trial.pairKey, trial]));
  return a.trials.flatMap((trial) => {
    const other = others.get(trial.pairKey);
    if (!other || trial.value === null || other.value === null) return [];
    return {
      stratum: JSON.stringify([trial.stratum, other.stratum]),
      cluster: trial.cluster,
      judgeA: trial.value,
      judgeB: other.value,
      humanA: peopleA?.get(trial.trialId) ?? null,
      humanB: peopleB?.get(other.trialId) ?? null,
    };
  });
}

type LabelledPair = Pair & { humanA: number; humanB: number };
const isLabelled = (pair: Pair): pair is LabelledPair => pair.humanA !== null && pair.humanB !== null;

function correctedOf(
  pairs: readonly Pair[],
  labelled: readonly LabelledPair[],
  { why, shares }: { why: string | undefined; shares: Slice["shares"] },
): Estimate | Refused {
  if (why !== undefined) return { refused: why };
  if (labelled.length < 2)
    return { refused: "fewer than two trials are labelled in both runs; label the same ones by drawing both samples with one seed" };
  const names = [...new Set(pairs.map(({ stratum }) => stratum))];
  const strata: PairedStratum[] = [];
  for (const name of names) {
    const own = pairs.filter(({ stratum }) => stratum === name);
    const both = labelled.filter(({ stratum }) => stratum === name);
    if (both.length < 2) return { refused: tooFew(names.length, name, both.length) };
    strata.push({ share: own.length / pairs.length, labelled: both, rest: own.filter((pair) => !isLabelled(pair)) });
  }
  return estimateOf(ppiPairedDiff(strata, { shares }));
}
