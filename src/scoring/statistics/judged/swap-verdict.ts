/** One verdict out of two, for a pair that was judged in both orders. */

/** What a judge said of a displayed pair: the first shown (A), the second shown (B), equal, or nothing that could be read. */
export type PairVerdict = "A" | "B" | "tie" | "error";

/** Which answer won: `first` is the one that order 1-2 shows as A. */
export type SwapVerdict = "first" | "second" | "tie" | "inconsistent" | "error";

/**
 * An answer wins only where both orders name it; two ties are a tie; anything else is `inconsistent`, which counts as a tie and is reported
 * apart. `order21` speaks of the places as displayed: its A is the second answer. Source: Zheng et al. 2023 (arXiv 2306.05685), §3.4.
 */
export function swapVerdict({ order12, order21 }: { order12: PairVerdict; order21: PairVerdict }): SwapVerdict {
  if (order12 === "error" || order21 === "error") return "error";
  if (order12 === "tie" && order21 === "tie") return "tie";
  if (order12 === "A" && order21 === "B") return "first";
  if (order12 === "B" && order21 === "A") return "second";
  return "inconsistent";
}
