/**
 * When to stop waiting. Made of plain timers and listeners: a timeout signal inside `AbortSignal.any` is held weakly and
 * can be collected as garbage before its time, and the wait then never ends.
 */

/** The longest wait a timer can hold: a longer one would end at once. */
const LONGEST_MS = 2 ** 31 - 1;

export interface Stop extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that is aborted after `timeoutMs`, or as soon as one of the others is. Dispose of it when the wait is over. */
export function stopAfter(timeoutMs: number, others: readonly (AbortSignal | undefined)[]): Stop {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, Math.min(timeoutMs, LONGEST_MS));
  for (const other of others) {
    if (other?.aborted) stop();
    other?.addEventListener("abort", stop);
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const other of others) other?.removeEventListener("abort", stop);
    },
  };
}

/** Sleeps, and wakes early when one of the signals is aborted. */
export async function pause(ms: number, wakes: readonly AbortSignal[]): Promise<void> {
  using stop = stopAfter(ms, wakes);
  if (stop.signal.aborted) return;
  await new Promise<void>((resolve) => {
    stop.signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What `work` gives; throws the signal's reason as soon as it is aborted, and lets the work go on alone. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
