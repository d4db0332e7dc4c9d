/** Whether a judge of pairs prefers a place to an answer. */
import { swapVerdict, type PairVerdict } from "../judged/swap-verdict.ts";

export interface PositionBias {
  /** Pairs judged in both orders. */
  n: number;
  /** Share in which both orders say the same. */
  consistency: number | null;
  /** Share in which whatever stood first won, both times. */
  firstPosition: number | null;
  /** Share in which whatever stood second won, both times. */
  secondPosition: number | null;
}

/** Shares over pairs `[verdict in order 1-2, verdict in order 2-1]`; pairs with an error are left out. Source: Zheng et al. 2023 (arXiv 2306.05685), §3.3. */
export function positionBias(pairs: readonly (readonly [PairVerdict, PairVerdict])[]): PositionBias {
  const judged = pairs.filter(([first, second]) => first !== "error" && second !== "error");
  const share = (holds: (order12: PairVerdict, order21: PairVerdict) => boolean) =>
    judged.length === 0 ? null : judged.filter(([order12, order21]) => holds(order12, order21)).length / judged.length;
  return {
    n: judged.length,
    consistency: share((order12, order21) => swapVerdict({ order12, order21 }) !== "inconsistent"),
    firstPosition: share((order12, order21) => order12 === "A" && order21 === "A"),
    secondPosition: share((order12, order21) => order12 === "B" && order21 === "B"),
  };
}
