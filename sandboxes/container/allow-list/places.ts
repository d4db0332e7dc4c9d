/** A bound on what goes on at once. */

export interface Places {
  /** Waits for a place, in turn. Resolves with what gives it back, once; rejects when nobody waits for it any more. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function placesFor(atOnce: number): Places {
  const waiting = new Set<() => void>();
  let taken = 0;
  const giveBack = (): void => {
    taken -= 1;
    const [next] = waiting;
    next?.();
  };
  return {
    take(signal) {
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const leave = (): void => {
        waiting.delete(begin);
        reject(signal.reason);
      };
      const begin = (): void => {
        waiting.delete(begin);
        signal.removeEventListener("abort", leave);
        taken += 1;
        resolve(giveBack);
      };
      if (signal.aborted) leave();
      else if (taken < atOnce) begin();
      else {
        waiting.add(begin);
        signal.addEventListener("abort", leave, { once: true });
      }
      return promise;
    },
  };
}
