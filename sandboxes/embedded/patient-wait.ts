/**
 * Makes `Atomics.wait` wait on where it was woken with nothing changed. just-bash 3.4's Python thread waits once for the
 * answer to each file operation, and takes whatever it then finds for the answer. The answering thread stores the answer
 * and notifies after it, so where the Python thread sees the answer before it waits, that notification comes late: it ends
 * the wait of its *next* operation, which then counts as failed, and `open` tells the program ENOENT for a file that is there.
 *
 * For its effect alone, loaded before anything else in the worker's thread and in the threads which that one starts.
 */
const { wait, load } = Atomics;

function waitForChange(view: Int32Array, index: number, value: number, timeoutMs = Infinity): ReturnType<typeof wait> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const outcome = wait(view, index, value, Math.max(0, deadline - performance.now()));
    if (outcome !== "ok" || load(view, index) !== value) return outcome;
  }
}

Atomics.wait = waitForChange as typeof wait;
