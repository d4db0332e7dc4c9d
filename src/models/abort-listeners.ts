/** Many listeners of one abort signal behind a single one. */

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` when the signal is aborted; the function it returns takes that back.
 * A signal's own list is searched at each addition, and what is removed from it still points to what came later:
 * with a listener a call, the garbage of one call would keep that of all later ones in memory until a full collection.
 */
export function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  const waiting = listeners.get(signal) ?? listenTo(signal);
  waiting.add(listener);
  return () => void waiting.delete(listener);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  listeners.set(signal, waiting);
  signal.addEventListener("abort", () => waiting.forEach((listener) => listener()), { once: true });
  return waiting;
}
