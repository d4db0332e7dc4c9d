/** Counts what a trial has used and says when a limit is met. */
import { LimitReached, type LimitKind, type Limits } from "../../core/limits.ts";
import type { ModelReply } from "../../core/model.ts";

export interface Budget {
  readonly turns: number;
  readonly toolCalls: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Null where no call's price is known, or some call's is not. */
  readonly costUsd: number | null;
  readonly durationMs: number;
  readonly workingMs: number;
  /** Milliseconds that were waiting for slots and rate limits. */
  addWaited(ms: number): void;
  addReply(reply: ModelReply): void;
  addToolCall(): void;
  /** Throws LimitReached where a limit is met already; called before each model call. */
  checkTurn(): void;
  /** Throws LimitReached where a limit is met already; called before each tool call. */
  checkToolCall(): void;
  /** Milliseconds of work that are left; Infinity without a limit. */
  remainingMs(): number;
}

const sum = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0));

export function createBudget(limits: Limits): Budget {
  const startedAt = performance.now();
  const used = { turns: 0, toolCalls: 0, inputTokens: null as number | null, outputTokens: null as number | null, costUsd: 0 as number | null, waitedMs: 0 };
  const durationMs = () => performance.now() - startedAt;
  const workingMs = () => Math.max(0, durationMs() - used.waitedMs);
  const check = (limit: Exclude<LimitKind, "context">, value: number) => {
    const maximum = limits[limit];
    if (maximum !== undefined && value >= maximum) throw new LimitReached(limit, value, maximum);
  };
  const checkShared = () => {
    check("tokens", (used.inputTokens ?? 0) + (used.outputTokens ?? 0));
    if (used.costUsd !== null) check("costUsd", used.costUsd);
    check("timeMs", durationMs());
    check("workingMs", workingMs());
  };
  return {
    get turns() { return used.turns; },
    get toolCalls() { return used.toolCalls; },
    get inputTokens() { return used.inputTokens; },
    get outputTokens() { return used.outputTokens; },
    get costUsd() { return used.turns === 0 ? null : used.costUsd; },
    get durationMs() { return durationMs(); },
    get workingMs() { return workingMs(); },
    addWaited: (ms) => void (used.waitedMs += ms),
    addReply(reply) {
      used.turns += 1;
      used.inputTokens = sum(used.inputTokens, reply.usage.inputTokens);
      used.outputTokens = sum(used.outputTokens, reply.usage.outputTokens);
      used.costUsd = used.costUsd === null || reply.costUsd === null ? null : used.costUsd + reply.costUsd;
      used.waitedMs += reply.waitedMs;
    },
    addToolCall: () => void (used.toolCalls += 1),
    checkTurn() {
      check("turns", used.turns);
      checkShared();
    },
    checkToolCall() {
      check("toolCalls", used.toolCalls);
      checkShared();
    },
    remainingMs: () => Math.min((limits.workingMs ?? Infinity) - workingMs(), (limits.timeMs ?? Infinity) - durationMs()),
  };
}
