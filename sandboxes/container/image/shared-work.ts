/** Work that many ask for and that is done once. */

/** What the work itself is given: when to stop, and whom to tell. */
export interface Work {
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** Work in progress, or done. */
interface Shared<T> {
  result: Promise<T>;
  stop: AbortController;
  listeners: Set<(line: string) => void>;
  waiting: number;
}

export interface SharedWorkOptions {
  signal?: AbortSignal | undefined;
  onProgress?: (line: string) => void;
}

/**
 * Returns a function that does the work of a key once, however many ask at the same time or later. Each hears its progress; one
 * who gives up does not end it for the others, the last one does. A failure is not kept: the next caller tries again.
 */
export function sharedWork<T>(work: (work: Work) => Promise<T>): (options: SharedWorkOptions) => Promise<T> {
  let shared: Shared<T> | undefined;
  const begin = (): Shared<T> => {
    const stop = new AbortController();
    const listeners = new Set<(line: string) => void>();
    const begun = {
      stop,
      listeners,
      waiting: 0,
      result: work({
        signal: stop.signal,
        onProgress: (line) => {
          for (const listener of listeners) listener(line);
        },
      }),
    };
    begun.result.catch(() => {
      if (shared === begun) shared = undefined;
    });
    return begun;
  };
  return async ({ signal, onProgress }) => {
    signal?.throwIfAborted();
    const joined = (shared ??= begin());
    if (onProgress) joined.listeners.add(onProgress);
    joined.waiting += 1;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    let isWaiting = true;
    const leave = (): void => {
      if (isWaiting) joined.waiting -= 1;
      isWaiting = false;
    };
    const giveUp = (): void => {
      leave();
      // Nobody joins what is being stopped.
      if (joined.waiting === 0 && shared === joined) shared = undefined;
      if (joined.waiting === 0) joined.stop.abort(signal?.reason);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([joined.result, aborted]);
    } finally {
      signal?.removeEventListener("abort", giveUp);
      leave();
      if (onProgress) joined.listeners.delete(onProgress);
    }
  };
}
