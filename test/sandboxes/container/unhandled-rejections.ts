/** Rejections that nobody handles, which end a process: none of them fails a test by itself. */
export interface UnhandledRejections extends Disposable {
  reasons: unknown[];
}

export function unhandledRejections(): UnhandledRejections {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on("unhandledRejection", note);
  return { reasons, [Symbol.dispose]: () => void process.off("unhandledRejection", note) };
}
