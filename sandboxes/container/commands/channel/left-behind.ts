/**
 * What commands leave behind in a container, as far as lanes tell of it.
 *
 * A child of process 1 that was not there before is what a command left behind, or what such a one left at its own end. It may
 * hold the pipes of any lane that is busy now or was retired before: none of these takes another command.
 */
import type { ExecTarget } from "../commands.ts";
import type { Lane } from "./lane.ts";
import type { LanePool } from "./pool.ts";

/** A command that has begun. */
export interface Begun {
  /** Whether all that is left behind now is its own: nothing was there before, and nothing else ran meanwhile. */
  isAlone(): boolean;
  /** Takes in the children of process 1 that were told at its end. */
  note(children: readonly number[]): void;
  end(lane: Lane): void;
}

/** A class, for what is there and which commands may have left it are one state. */
export class LeftBehind {
  readonly #target: ExecTarget;
  readonly #pools: ReadonlyMap<string, LanePool>;
  /** By process id, how many commands there had been when it was seen first. */
  readonly #orphans = new Map<number, number>();
  #running = 0;
  #begun = 0;
  /** Whether a lane was lost since the last note: what its command left is not known. */
  #hasLostLane = false;

  constructor(target: ExecTarget, pools: ReadonlyMap<string, LanePool>) {
    this.#target = target;
    this.#pools = pools;
  }

  get isQuiet(): boolean {
    return this.#running === 0;
  }

  begin(): Begun {
    this.#running += 1;
    this.#begun += 1;
    const number = this.#begun;
    const wasAlone = this.#running === 1 && !this.#hasLostLane && this.#orphans.size === 0;
    return {
      isAlone: () => wasAlone && number === this.#begun && !this.#target.hasCommandsBesideLanes,
      note: (children) => this.#note(children, number),
      end: (lane) => {
        this.#running -= 1;
        this.#hasLostLane ||= lane.isLost;
      },
    };
  }

  /**
   * Answers of commands at once may come in another order than they were given. So one that is not among `children` is
   * believed to have ended only where it was seen before the command that tells began, the `number`th.
   */
  #note(children: readonly number[], number: number): void {
    this.#hasLostLane = false;
    const found = children.filter((pid) => !this.#orphans.has(pid));
    for (const [pid, seen] of this.#orphans) if (seen < number && !children.includes(pid)) this.#orphans.delete(pid);
    for (const pid of found) this.#orphans.set(pid, this.#begun);
    for (const pool of this.#pools.values()) pool.noteLeftBehind(found, this.#orphans);
  }
}
