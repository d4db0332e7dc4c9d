/** What asks a run to stop: Ctrl-C, SIGTERM, or a terminal that was closed. */

export const EXIT_INTERRUPTED = 130;

/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP, which `say` is told; a second Ctrl-C or SIGTERM ends the process at once. */
export function interruptSignal(say: (text: string) => void): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = () => {
    say("Stopping: running trials are cancelled and cleaned up. Press Ctrl-C again to leave at once.");
    controller.abort(new Error("interrupted"));
  };
  const onSignal = () => {
    if (!controller.signal.aborted) return stop();
    say("Left at once. To remove sandboxes that were left behind: assay sandbox prune");
    process.exit(EXIT_INTERRUPTED);
  };
  // A closed terminal is often told twice, by the shell and by the kernel: that is nobody in a hurry.
  const onHangUp = () => {
    if (!controller.signal.aborted) stop();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onHangUp);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      // What is told late must not end the process while it prints how to go on.
      if (!controller.signal.aborted) process.off("SIGHUP", onHangUp);
    },
  };
}
