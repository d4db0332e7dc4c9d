/**
 * The control of one user's lanes: a shell of its own that runs builtins only, so that it can look after lanes and kill
 * commands while everything else in the container is stopped, starved or out of processes.
 */
import type { Duplex } from "node:stream";
import { stopAfter } from "../../stop.ts";
import { newMark } from "../mark.ts";
import { Lane } from "./lane.ts";
import { controlBoot, killScript, lookScript, type KillTarget } from "./script.ts";

/** What `/proc` says of a lane's shell. */
type LaneState = "running" | "stopped" | "dead";

export interface Control extends Disposable {
  readonly isUsable: boolean;
  /** Kills what a command started, see {@link killScript}; whether nothing of it is left. */
  kill(target: KillTarget): Promise<boolean>;
  /** The states of these processes, in their order; undefined when the control does not answer. */
  look(pids: readonly number[]): Promise<LaneState[] | undefined>;
}

const KILL_TIMEOUT_MS = 10_000;
const LOOK_TIMEOUT_MS = 2_000;

/** Makes the shell at the other end of `stream` a control; undefined when no shell answers. */
export async function openControl(stream: Duplex): Promise<Control | undefined> {
  const opened = await Lane.open(stream, controlBoot);
  if (!opened) return undefined;
  const { lane } = opened;
  let queue: Promise<unknown> = Promise.resolve();
  const ask = (script: (mark: string) => string, timeoutMs: number): Promise<string | undefined> => {
    const answer = queue.then(async () => {
      using timeout = stopAfter(timeoutMs, []);
      timeout.signal.addEventListener("abort", () => lane.lose());
      const mark = newMark();
      return (await lane.ask(script(mark), mark, () => {}))?.text;
    });
    queue = answer;
    return answer;
  };
  return {
    get isUsable() {
      return lane.isUsable;
    },
    kill: async (target) => (await ask((mark) => killScript(target, mark), KILL_TIMEOUT_MS)) === "0",
    async look(pids) {
      const states = await ask((mark) => lookScript(pids, mark), LOOK_TIMEOUT_MS);
      return states?.trim().split(" ").map(laneState);
    },
    [Symbol.dispose]: () => lane[Symbol.dispose](),
  };
}

/** The state's letter in `/proc/PID/stat`. */
function laneState(letter: string): LaneState {
  if (letter === "T" || letter === "t") return "stopped";
  return letter === "-" || letter === "Z" || letter === "X" ? "dead" : "running";
}
