/** Sandboxes of the trials that wait for a slot, started meanwhile: a trial that gets its slot finds its sandbox there. */
import { DEFAULTS } from "../core/defaults.ts";
import type { Sandbox } from "../core/sandbox.ts";
import type { PlannedTrial } from "./plan.ts";
import type { StartedSandbox } from "./start-sandbox.ts";

interface Waiting {
  started: Promise<StartedSandbox>;
  hasFailed: boolean;
  controller: AbortController;
}

export interface AheadParts {
  start: (planned: PlannedTrial, signal: AbortSignal) => Promise<StartedSandbox>;
  remove: (sandbox: Sandbox) => void;
  /** Aborted when no further trial will begin. */
  stopping: AbortSignal;
}

/** Guards the sandboxes that nobody has taken yet. */
export class SandboxesAhead implements AsyncDisposable {
  readonly #parts: AheadParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #drop = () => void this.#dropAll();

  constructor(parts: AheadParts) {
    this.#parts = parts;
    parts.stopping.addEventListener("abort", this.#drop, { once: true });
  }

  /** Begins the start for a trial that has to wait for its slot, unless enough sandboxes wait. */
  begin(planned: PlannedTrial): void {
    const { start, stopping } = this.#parts;
    if (!planned.execution.sandbox?.isPerTrial || stopping.aborted || this.#waiting.size >= DEFAULTS.sandboxesAhead) return;
    const controller = new AbortController();
    const waiting: Waiting = { started: start(planned, controller.signal), hasFailed: false, controller };
    waiting.started.catch(() => void (waiting.hasFailed = true));
    this.#waiting.set(planned.trialId, waiting);
  }

  /**
   * The sandbox of a trial that has its slot now; the taker owns it. Undefined where none was begun, or it failed or died
   * while nobody waited for it: then the trial starts one itself.
   */
  async take(trialId: string, signal: AbortSignal): Promise<StartedSandbox | undefined> {
    const waiting = this.#waiting.get(trialId);
    if (!waiting) return undefined;
    this.#waiting.delete(trialId);
    if (waiting.hasFailed) return undefined;
    const forward = () => waiting.controller.abort(signal.reason);
    if (signal.aborted) forward();
    signal.addEventListener("abort", forward, { once: true });
    try {
      const started = await waiting.started;
      if (!signal.aborted && (await isAlive(started.sandbox))) return started;
      this.#parts.remove(started.sandbox);
      signal.throwIfAborted();
      return undefined;
    } finally {
      signal.removeEventListener("abort", forward);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.stopping.removeEventListener("abort", this.#drop);
    await this.#dropAll();
  }

  async #dropAll(): Promise<void> {
    const dropped = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { controller } of dropped) controller.abort(new Error("not needed"));
    for (const result of await Promise.allSettled(dropped.map(({ started }) => started)))
      if (result.status === "fulfilled") this.#parts.remove(result.value.sandbox);
  }
}

async function isAlive(sandbox: Sandbox): Promise<boolean> {
  try {
    return (await sandbox.isAlive?.()) ?? true;
  } catch {
    return false;
  }
}
