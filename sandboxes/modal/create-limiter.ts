/** Paces the creation of sandboxes, and tries again where Modal has no room just now. */
import { pause } from "../container/stop.ts";
import { failureKind } from "./errors.ts";

export interface CreateLimits {
  /** Workspaces are allowed 5 a second unless Modal was asked for more. */
  perSecond: number;
  /** How many may go at once after a while without any. */
  burst: number;
  /** How long room is waited for. */
  patienceMs: number;
}

export const CREATE_LIMITS: CreateLimits = { perSecond: 4, burst: 1, patienceMs: 120_000 };
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 10_000;

export interface LimitedOptions {
  signal?: AbortSignal | undefined;
  /** Called when Modal has refused for the first time. */
  onWait?: () => void;
}

/** Returns a function that does what creates a sandbox in its turn, again and again while Modal has no room for it. */
export function createLimiter({ perSecond, burst, patienceMs }: CreateLimits) {
  /** When the next one may go, by `performance.now()`: a bucket of `burst` tokens that is full where this lies in the past. */
  let nextAt = 0;
  const turn = async (signal: AbortSignal | undefined): Promise<void> => {
    const now = performance.now();
    const spacingMs = 1000 / perSecond;
    nextAt = Math.max(nextAt, now - (burst - 1) * spacingMs) + spacingMs;
    const waitMs = nextAt - spacingMs - now;
    if (waitMs > 0) await pause(waitMs, signal ? [signal] : []);
    signal?.throwIfAborted();
  };
  return async <T>(create: () => Promise<T>, { signal, onWait }: LimitedOptions = {}): Promise<T> => {
    const startedAt = performance.now();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      await turn(signal);
      try {
        return await create();
      } catch (error) {
        if (failureKind(error) !== "capacity" || performance.now() - startedAt + pauseMs > patienceMs) throw error;
      }
      if (pauseMs === FIRST_PAUSE_MS) onWait?.();
      // Not all at the same moment again.
      await pause(pauseMs * (0.75 + Math.random() / 2), signal ? [signal] : []);
      signal?.throwIfAborted();
    }
  };
}
