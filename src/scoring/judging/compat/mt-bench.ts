/** MT-Bench's reading of its judge. Source: FastChat, llm_judge/common.py, run_judge_pair and run_judge_single. */

/** A before B before C, wherever they stand: "I first thought [[A]] but [[B]]" is A. */
export function mtBenchPair(text: string): "A" | "B" | "tie" | "error" {
  if (text.includes("[[A]]")) return "A";
  if (text.includes("[[B]]")) return "B";
  return text.includes("[[C]]") ? "tie" : "error";
}

/** The first `[[n]]`, else the first `[n]`, else -1. */
export function mtBenchSingle(text: string): number {
  const rating = /\[\[(\d+\.?\d*)\]\]/.exec(text)?.[1] ?? /\[(\d+\.?\d*)\]/.exec(text)?.[1];
  return rating === undefined ? -1 : Number(rating);
}
