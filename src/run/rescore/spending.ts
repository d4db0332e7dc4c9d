/** Stops a pass when its judges have cost what they may: what runs ends, nothing new is asked, and the same command goes on with the rest. */

/** Thrown where a judge would be asked although the pass has cost what it may. */
export class PassStopped extends Error {
  override readonly name = "PassStopped";
}

export class Spending {
  /** Undefined: as much as it takes. */
  readonly maxCostUsd: number | undefined;
  #spentUsd = 0;

  constructor(maxCostUsd: number | undefined) {
    this.maxCostUsd = maxCostUsd;
  }

  /** Counts a reply as soon as it is paid for. */
  spend(costUsd: number | null): void {
    this.#spentUsd += costUsd ?? 0;
  }

  /** Why nothing more may be asked. */
  get stopReason(): string | undefined {
    return this.maxCostUsd !== undefined && this.#spentUsd >= this.maxCostUsd
      ? `the cost limit of ${this.maxCostUsd} USD was met`
      : undefined;
  }

  throwIfStopped(): void {
    if (this.stopReason !== undefined) throw new PassStopped(this.stopReason);
  }
}
