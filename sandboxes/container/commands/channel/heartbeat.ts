/**
 * Notices a shell that will never answer: killed while others hold its pipes, or stopped.
 *
 * A control that does not answer proves nothing: everything in the container is starved or paused then, and a command that
 * merely takes long there must not be lost. So it is asked again until the command's own timeout, which needs no answer.
 */
import type { Control } from "./control.ts";

/** A command that ends sooner needs nobody to look after its shell: who looks may have to be started for it, by the engine. */
const FIRST_LOOK_MS = 1_000;
const LOOK_MS = 2_000;
/** Who was stopped for a moment only, by a tracer or to be continued by another process, runs by then. */
const SECOND_LOOK_MS = 1_000;

/** Looks at a busy shell now and then, until it is disposed of or calls `onLost`: the shell is dead, or stopped and stays so. */
export function watchShell(
  control: () => Promise<Control | undefined>,
  pid: number,
  onLost: (state: "dead" | "stopped") => void,
): Disposable {
  let isOver = false;
  let wasStopped = false;
  let timer = setTimeout(look, FIRST_LOOK_MS);
  async function look(): Promise<void> {
    const asked = await control();
    const [state] = (isOver ? undefined : await asked?.look([pid])) ?? [];
    if (isOver) return;
    if (state === "dead" || (state === "stopped" && wasStopped)) return onLost(state);
    wasStopped = state === "stopped";
    timer = setTimeout(look, wasStopped ? SECOND_LOOK_MS : LOOK_MS);
  }
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
