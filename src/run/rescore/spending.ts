/** Stops a pass when its judges have cost what they may; what was scored stays, and the same command goes on. */
export interface Spending {
  readonly signal: AbortSignal;
  /** Why the pass was stopped. */
  readonly reason: string | undefined;
  spend(costUsd: number | null): void;
}

export function limitSpending(user: AbortSignal, maxCostUsd: number | undefined): Spending {
  const stop = new AbortController();
  let spentUsd = 0;
  let reason: string | undefined;
  return {
    signal: AbortSignal.any([user, stop.signal]),
    get reason() {
      return reason;
    },
    spend(costUsd) {
      spentUsd += costUsd ?? 0;
      if (maxCostUsd === undefined || spentUsd < maxCostUsd || reason !== undefined) return;
      reason = `the cost limit of ${maxCostUsd} USD was met`;
      stop.abort(new Error(reason));
    },
  };
}
