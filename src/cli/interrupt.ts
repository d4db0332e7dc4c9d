/** Ctrl-C: the first asks for a graceful stop, the second ends the process. */

const EXIT_INTERRUPTED = 130;

/** Aborted by the first Ctrl-C (or SIGTERM), which `say` is told; the second ends the process at once. */
export function interruptSignal(say: (text: string) => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    say("Stopping: running trials are cancelled and cleaned up. Press Ctrl-C again to leave at once.");
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal) };
}
