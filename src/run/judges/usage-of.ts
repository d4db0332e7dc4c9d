/** What verdicts cost: those whose reply was on disk already cost nothing. */
import type { JudgingUsage } from "../../core/record.ts";
import type { Verdict } from "../../core/verdict.ts";

export function usageOf(verdicts: readonly Verdict[]): JudgingUsage {
  const paid = verdicts.filter(({ usage, isCached }) => usage !== null && !isCached);
  const sum = (of: (verdict: Verdict) => number | null | undefined) => paid.reduce((total, verdict) => total + (of(verdict) ?? 0), 0);
  return {
    calls: paid.length,
    inputTokens: sum(({ usage }) => usage?.inputTokens),
    outputTokens: sum(({ usage }) => usage?.outputTokens),
    costUsd: paid.some(({ costUsd }) => costUsd === null) ? null : sum(({ costUsd }) => costUsd),
  };
}

/** Adds to a sum of which a part that is not known makes the whole unknown. */
export function addJudging(total: JudgingUsage, more: JudgingUsage): void {
  total.calls += more.calls;
  total.inputTokens += more.inputTokens;
  total.outputTokens += more.outputTokens;
  total.costUsd = total.costUsd === null || more.costUsd === null ? null : total.costUsd + more.costUsd;
}
