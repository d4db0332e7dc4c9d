/** When a run ends early: Ctrl-C, a limit of the run, or an error that no trial will escape. */
import { setMaxListeners } from "node:events";
import { AssayError, endsAtLeast, isErrorCode } from "../core/errors.ts";
import type { ModelReply } from "../core/model.ts";
import type { Prediction } from "../core/record.ts";
import type { RunOptions } from "./options.ts";
import type { Results } from "./results.ts";

/** That many errors in a row that no other trial will escape stop a run that already finished trials. */
const HOPELESS_IN_ROW = 16;

/** How long running trials may go on after a limit of the run was met. */
const GRACE_MS = 30_000;

/** Thrown where a trial would make its next model call although a limit of the run is met: it is cancelled, and runs again on resume. */
export class RunStopped extends Error {
  override readonly name = "RunStopped";
}

/** Guards the run's abort signal and why it was raised. */
export class StopControl {
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #options: RunOptions;
  #hopelessInRow = 0;
  #hasFinishedAny: boolean;
  /** What was spent, calls of trials that are not finished included; null where some price is not known. */
  #costUsd: number | null;
  #tokens: number;
  readonly #stopping = new AbortController();
  reason: string | undefined;
  failure: unknown;

  constructor(user: AbortSignal, options: RunOptions, results: Results) {
    this.#options = options;
    this.#hasFinishedAny = results.counts.resumed > 0;
    const { usage, judging } = results;
    this.#costUsd = usage.costUsd === null || judging.costUsd === null ? null : usage.costUsd + judging.costUsd;
    this.#tokens = usage.inputTokens + usage.outputTokens + judging.inputTokens + judging.outputTokens;
    this.#checkSpending();
    setMaxListeners(0, this.#controller.signal);
    const interrupt = () => {
      this.#stopping.abort();
      this.#controller.abort(user.reason);
    };
    if (user.aborted) interrupt();
    else user.addEventListener("abort", interrupt, { once: true });
    if (options.maxTimeMs !== undefined)
      this.#timers.push(setTimeout(() => this.#stopFor(`the run's time limit of ${options.maxTimeMs} ms was met`), options.maxTimeMs));
  }

  /** Aborted when no further trial begins; those that run may go on for a while. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts a model call as soon as it is paid for. */
  spend({ usage, costUsd }: Pick<ModelReply, "usage" | "costUsd">): void {
    this.#tokens += (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    this.#costUsd = this.#costUsd === null || costUsd === null ? null : this.#costUsd + costUsd;
    this.#checkSpending();
  }

  /** Called before each model call. */
  throwIfStopped(): void {
    if (this.reason !== undefined) throw new RunStopped(this.reason);
  }

  #checkSpending(): void {
    const { maxCostUsd = Infinity, maxTokens = Infinity } = this.#options;
    if ((this.#costUsd ?? 0) >= maxCostUsd) this.#stopFor(`the run's cost limit of ${maxCostUsd} USD was met`);
    if (this.#tokens >= maxTokens) this.#stopFor(`the run's limit of ${maxTokens} tokens was met`);
  }

  /** Looks at a finished trial. */
  note(row: Prediction): void {
    const error = row.status === "error" ? row.error : undefined;
    const isHopeless = error !== undefined && endsAtLeast(error.code, "run");
    this.#hopelessInRow = isHopeless ? this.#hopelessInRow + 1 : 0;
    this.#hasFinishedAny ||= !isHopeless;
    if (isHopeless && (!this.#hasFinishedAny || this.#hopelessInRow >= HOPELESS_IN_ROW)) {
      const code = isErrorCode(error.code) ? error.code : "internal/bug";
      this.fail(new AssayError(code, error.message, error.hint === undefined ? {} : { hint: error.hint }));
    }
  }

  /** Ends the run with an error; running trials are cancelled. */
  fail(error: unknown): void {
    this.failure ??= error;
    this.#stopping.abort();
    this.#controller.abort(error);
  }

  #stopFor(reason: string): void {
    if (this.isStopping) return;
    this.reason = reason;
    this.#stopping.abort();
    this.#timers.push(setTimeout(() => this.#controller.abort(new Error(reason)), GRACE_MS));
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
