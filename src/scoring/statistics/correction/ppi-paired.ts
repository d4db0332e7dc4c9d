/** The corrected difference between two runs over the same questions. */
import { ppiStratified, type PpiEstimate, type PpiOptions } from "./ppi.ts";

/** A question that both runs answered, judged in both. */
interface JudgedPair {
  judgeA: number;
  judgeB: number;
  cluster?: string;
}

interface LabelledPair extends JudgedPair {
  humanA: number;
  humanB: number;
}

/** Pairs of one stratum, both answers of `labelled` labelled by people, and the stratum's share of all pairs. */
export interface PairedStratum {
  share: number;
  labelled: readonly LabelledPair[];
  rest: readonly JudgedPair[];
}

/**
 * PPI on the differences Y_A − Y_B and J_A − J_B: what the judge gets wrong alike in both runs falls out, and what it gets wrong in one only
 * is corrected. Positive where A is better. Null where a stratum has fewer than two labelled pairs.
 * Source: Angelopoulos et al. 2023 (arXiv 2301.09633), the mean of a difference of two functions of the same item.
 */
export function ppiPairedDiff(strata: readonly PairedStratum[], options: PpiOptions = {}): PpiEstimate | null {
  const differences = strata.map(({ share, labelled, rest }) => ({
    share,
    human: labelled.map(({ humanA, humanB }) => humanA - humanB),
    judgeOnHuman: labelled.map(({ judgeA, judgeB }) => judgeA - judgeB),
    judgeOnRest: rest.map(({ judgeA, judgeB }) => judgeA - judgeB),
    clusters: { human: labelled.map(keyOf("labelled")), rest: rest.map(keyOf("rest")) },
  }));
  return ppiStratified(differences, options);
}

const keyOf = (part: string) => (pair: JudgedPair, index: number) => pair.cluster ?? `alone ${part} ${index}`;
