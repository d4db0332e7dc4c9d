/**
 * Many listeners of one abort signal behind a single one. A signal's own list is searched at each addition, and what
 * was removed from it still points to what came later: with a listener a call, the garbage of one call would keep that
 * of all later ones in memory until a full collection.
 */

interface Entry {
  /** Taken out when the entry is: outgrown tables of a set outlive their entries. */
  listener: (() => void) | undefined;
}

const entries = new WeakMap<AbortSignal, Set<Entry>>();

/** Calls `listener` when the signal is aborted; the function it returns takes that back. */
export function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  const waiting = entries.get(signal) ?? listenTo(signal);
  const entry: Entry = { listener };
  waiting.add(entry);
  return () => {
    waiting.delete(entry);
    entry.listener = undefined;
  };
}

function listenTo(signal: AbortSignal): Set<Entry> {
  const waiting = new Set<Entry>();
  entries.set(signal, waiting);
  signal.addEventListener("abort", () => waiting.forEach((entry) => entry.listener?.()), { once: true });
  return waiting;
}
