/** The signal of one trial: the run's, and the trial's own clock where it has one. */
import { LimitReached } from "../../core/limits.ts";

/** Node's timers hold 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Without a time limit it is the run's own signal: nothing to make, nothing to take down. */
export function deadlineSignal(run: AbortSignal, timeMs: number | undefined): { signal: AbortSignal } & Disposable {
  if (timeMs === undefined) return { signal: run, [Symbol.dispose]: () => {} };
  const controller = new AbortController();
  const forward = () => controller.abort(run.reason);
  const timer = setTimeout(() => controller.abort(new LimitReached("timeMs", timeMs, timeMs)), Math.min(timeMs, MAX_TIMER_MS));
  if (run.aborted) forward();
  else run.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      run.removeEventListener("abort", forward);
    },
  };
}
