/** Counts what a trial has used and says when a limit is met. */
import { LimitReached, type LimitKind, type Limits } from "../../core/limits.ts";
import type { ModelReply } from "../../core/model.ts";

const sum = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0));

/**
 * What one trial used so far. A class, because there is one a trial: an object with getters of its own
 * has a shape of its own, and shapes are collected so late that a run's memory would be full of ended trials.
 */
export class Budget {
  readonly #limits: Limits;
  readonly #startedAt = performance.now();
  #waitedMs = 0;
  #costUsd: number | null = 0;
  turns = 0;
  toolCalls = 0;
  inputTokens: number | null = null;
  outputTokens: number | null = null;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Null where no call was made, or some call's price is not known. */
  get costUsd(): number | null {
    return this.turns === 0 ? null : this.#costUsd;
  }

  get durationMs(): number {
    return performance.now() - this.#startedAt;
  }

  get workingMs(): number {
    return Math.max(0, this.durationMs - this.#waitedMs);
  }

  /** Milliseconds of work that are left; Infinity without a limit. */
  get remainingMs(): number {
    const { workingMs = Infinity, timeMs = Infinity } = this.#limits;
    return Math.min(workingMs - this.workingMs, timeMs - this.durationMs);
  }

  /** Milliseconds that were waiting for slots and rate limits. */
  addWaited(ms: number): void {
    this.#waitedMs += ms;
  }

  addReply({ usage, costUsd, waitedMs }: ModelReply): void {
    this.turns += 1;
    this.inputTokens = sum(this.inputTokens, usage.inputTokens);
    this.outputTokens = sum(this.outputTokens, usage.outputTokens);
    this.#costUsd = this.#costUsd === null || costUsd === null ? null : this.#costUsd + costUsd;
    this.#waitedMs += waitedMs;
  }

  addToolCall(): void {
    this.toolCalls += 1;
  }

  /** Throws LimitReached where a limit is met already; called before each model call. */
  checkTurn(): void {
    this.#check("turns", this.turns);
    this.#checkShared();
  }

  /** Throws LimitReached where a limit is met already; called before each tool call. */
  checkToolCall(): void {
    this.#check("toolCalls", this.toolCalls);
    this.#checkShared();
  }

  #checkShared(): void {
    this.#check("tokens", (this.inputTokens ?? 0) + (this.outputTokens ?? 0));
    if (this.#costUsd !== null) this.#check("costUsd", this.#costUsd);
    this.#check("timeMs", this.durationMs);
    this.#check("workingMs", this.workingMs);
  }

  #check(limit: Exclude<LimitKind, "context">, value: number): void {
    const maximum = this.#limits[limit];
    if (maximum !== undefined && value >= maximum) throw new LimitReached(limit, value, maximum);
  }
}
