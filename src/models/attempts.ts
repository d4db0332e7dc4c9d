/** One model call with its retries: which failures are tried again, when, and when to stop. */
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULTS } from "../core/defaults.ts";
import { AssayError } from "../core/errors.ts";
import { LimitReached } from "../core/limits.ts";
import type { ProviderOptions, Retry } from "../core/model.ts";
import { callError, type FailedModel } from "./call-error.ts";
import type { ConcurrencyLimiter, Slot } from "./concurrency.ts";
import { type Failure, failureOf } from "./failure.ts";
import { backoffMs } from "./retry-after.ts";
import { type Exchange, newExchange, type Transport } from "./transport.ts";

/** A wrong address should fail fast; a server that answered before may be restarting and gets the full number. */
const UNREACHABLE_RETRIES = 2;
/** Added to what a server asks to wait, so that waiting calls do not all come back at once. */
const RETRY_AFTER_JITTER_MS = 250;

/** As much of a failed answer as is kept: several of them may be held at once. */
const MAX_ERROR_BODY_CHARACTERS = 64 * 1024;

/** What the calls of one client share. */
export interface Line {
  transport: Transport;
  limiter: ConcurrencyLimiter;
  options: ProviderOptions;
  model: Omit<FailedModel, "url">;
  /** Takes the provider's keys out of a text. */
  redact(text: string): string;
  /** Whether the server has answered in this run. */
  hasAnswered: boolean;
}

export interface Attempted<T> {
  value: T;
  /** Undefined where no HTTP call was made. */
  exchange?: Exchange | undefined;
  retries: Retry[];
  latencyMs: number;
  waitedMs: number;
}

export interface CallHooks<T> {
  signal: AbortSignal;
  onWait: (what: string) => void;
  /** Called when the call has its slot; throws where it is not to be made any more. */
  mayStart?: (() => void) | undefined;
  /** Awaited before the slot is given to another. */
  keep?: (made: Attempted<T>) => Promise<void>;
}

/** Makes a call until it succeeds or must be given up. Throws ModelCallError, ContextOverflow, or the signal's reason. The slot is kept while it waits: a limited provider gets fewer calls, not others in their stead; and until `keep` has put the answer where it is safe. */
export async function callWithRetries<T>(
  line: Line,
  attempt: () => PromiseLike<T>,
  { signal, onWait, mayStart, keep }: CallHooks<T>,
): Promise<Attempted<T>> {
  const askedAt = performance.now();
  const slot = line.limiter.tryAcquire() ?? (await waitForSlot(line.limiter, signal, onWait));
  let waitedMs = performance.now() - askedAt;
  try {
    mayStart?.();
    const retries: Retry[] = [];
    let made: Attempted<T>;
    let firstFailureAt: number | undefined;
    for (;;) {
      const exchange = newExchange(line.options.timeoutMs ?? DEFAULTS.providerTimeoutMs);
      const startedAt = performance.now();
      try {
        const value = await line.transport.record(exchange, attempt);
        line.hasAnswered = true;
        line.limiter.succeeded();
        made = { value, exchange, retries, latencyMs: performance.now() - startedAt, waitedMs };
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof AssayError || error instanceof LimitReached) throw error;
        const endedAt = performance.now();
        const failure = settledFailure(line, slot, error, exchange);
        const plan = nextWait(failure, line, retries.length, endedAt - (firstFailureAt ??= endedAt));
        const latencyMs = endedAt - startedAt;
        const responseBody = exchange.responseBody === null ? null : line.redact(exchange.responseBody.slice(0, MAX_ERROR_BODY_CHARACTERS));
        if (typeof plan !== "number") {
          const call = { requestBody: exchange.requestBody, responseBody, retries, latencyMs, waitedMs };
          throw callError(failure, call, { ...line.model, url: shownUrl(exchange.url) }, plan.reason, error);
        }
        retries.push({ status: failure.status, message: failure.message, body: responseBody, latencyMs, waitMs: plan });
        onWait(
          `${describe(failure)}, trying again in ${(plan / 1000).toFixed(1)} s (${retries.length} of ${retriesAllowed(failure, line)})`,
        );
        await sleep(plan, signal);
        waitedMs += performance.now() - endedAt;
      }
    }
    await keep?.(made);
    return made;
  } finally {
    line.limiter.release();
  }
}

async function waitForSlot(limiter: ConcurrencyLimiter, signal: AbortSignal, onWait: (what: string) => void): Promise<Slot> {
  const { limit, waiting } = limiter.state;
  onWait(`waiting for one of ${limit} model slots (${waiting} before it)`);
  return limiter.acquire(signal);
}

function settledFailure(line: Line, slot: Slot, error: unknown, exchange: Exchange): Failure {
  const failure = failureOf(error, exchange, new Date());
  if (failure.status !== null) line.hasAnswered = true;
  if (failure.kind === "rate-limited") line.limiter.rateLimited(slot, failure.status ?? 0);
  return { ...failure, message: line.redact(failure.message) };
}

function retriesAllowed(failure: Failure, line: Line): number {
  const retries = line.options.retries ?? DEFAULTS.retries;
  return failure.kind === "unreachable" && !line.hasAnswered ? Math.min(UNREACHABLE_RETRIES, retries) : retries;
}

/** How long to wait before the next attempt, or why there is none; no reason where the failure itself says it. */
function nextWait(failure: Failure, line: Line, retriesMade: number, sinceFirstFailureMs: number): number | { reason: string | undefined } {
  if (failure.kind === "unauthorized" || failure.kind === "context" || failure.kind === "rejected") return { reason: undefined };
  if (retriesMade >= retriesAllowed(failure, line)) return { reason: undefined };
  const leftMs = DEFAULTS.retryWindowMs - sinceFirstFailureMs;
  const asked = failure.retryAfterMs;
  if (asked !== undefined && asked > leftMs) {
    return {
      reason: `it asks to wait ${seconds(asked)}, more than is left of the ${seconds(DEFAULTS.retryWindowMs)} in which a call is tried again`,
    };
  }
  const waitMs =
    asked === undefined
      ? backoffMs(failure.kind === "unreachable" && !line.hasAnswered ? 0 : retriesMade, Math.random())
      : asked + Math.random() * RETRY_AFTER_JITTER_MS;
  return waitMs > leftMs ? { reason: `the ${seconds(DEFAULTS.retryWindowMs)} in which a call is tried again are over` } : waitMs;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}

function describe(failure: Failure): string {
  switch (failure.kind) {
    case "rate-limited":
      return `rate limited (${failure.status})`;
    case "server":
      return `server error (${failure.status})`;
    case "bad-response":
      return "not a completion";
    default:
      return failure.message;
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

/** A URL's query may hold a key. */
function shownUrl(url: string | null): string {
  if (url === null) return "its server";
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
