/** Notices a lane that will never answer: killed while others hold its pipes, or stopped. */
import type { Lane } from "./lane.ts";
import type { LanePool } from "./pool.ts";

/** A command that ends sooner needs nobody to look after its lane. */
const FIRST_LOOK_MS = 200;
const LOOK_MS = 2_000;

/** Looks at a busy lane now and then until it is disposed of; one that is dead or stopped is lost. */
export function watchLane(pool: LanePool, lane: Lane): Disposable {
  let isOver = false;
  let timer = setTimeout(look, FIRST_LOOK_MS);
  async function look(): Promise<void> {
    const control = await pool.control();
    const states = isOver ? undefined : await control?.look([lane.pid]);
    if (isOver) return;
    if (states && states[0] !== "running") return lane.lose();
    timer = setTimeout(look, LOOK_MS);
  }
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
