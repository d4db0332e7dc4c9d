/**
 * Commands over lanes: a few milliseconds where the engine's own exec takes tens. The engine's exec takes over where an
 * image lacks what lanes need, or no lane can be opened.
 *
 * No output can forge a command's end. A hostile process of the same user can, by reading the lane's memory, as it could
 * kill the command: so nothing that decides a score runs here (see verify.ts).
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult } from "../../../src/index.ts";
import { environmentOf, explainKill, failureOfUser, KILLED_EXIT_CODE, type Commands, type ExecTarget, type RunCommand } from "../exec.ts";
import { killTree } from "../kill.ts";
import { newMark } from "../mark.ts";
import { gone, isRunning, openEngineShell } from "../process.ts";
import { stopAfter } from "../stop.ts";
import { OutputCollector, type StreamName } from "../stream.ts";
import { Lane } from "./lane.ts";
import { watchShell } from "./heartbeat.ts";
import { LanePool } from "./pool.ts";
import { commandScript, commandScriptWithInput, laneBoot } from "./script.ts";

interface State {
  target: ExecTarget;
  pools: Map<string, LanePool>;
  /** The children of process 1, as far as a lane has told, and how many commands there had been when each was seen first. */
  orphans: Map<number, number>;
  /** Whether a lane was lost since: where it was a child of process 1, that has another one now. */
  hasLostLane: boolean;
  /** Commands that run now, and all there ever were. */
  running: number;
  started: number;
  isDisposed: boolean;
}

/** After a kill the answer comes at once; beyond this the lane is taken for broken. */
const AFTER_KILL_MS = 5_000;
/** So long after the start, with nothing to do, the control is opened: before a command could starve the sandbox. */
const QUIET_MS = 50;

/** Opens the channel into a container. `stream` is its first process's, whose shell becomes the first lane of the target's user. */
export async function openChannel(target: ExecTarget, stream: Duplex | undefined, engineRun: RunCommand): Promise<Commands> {
  const state: State = { target, pools: new Map(), orphans: new Map(), hasLostLane: false, running: 0, started: 0, isDisposed: false };
  const first = stream && (await Lane.open(stream, laneBoot));
  if (first && first.missing === "") poolOf(state, target.user).add(first.lane);
  else first?.lane[Symbol.dispose]();
  const quiet = setTimeout(() => {
    if (state.running === 0) void poolOf(state, target.user).control();
  }, QUIET_MS);
  quiet.unref();
  const run: RunCommand = (argv, options) => runOnLane(state, argv, options, engineRun).catch(failureOfUser);
  return {
    run: async (argv, options) => explainKill(target, run, await run(argv, options)),
    kill: (tag, user) => kill(state, tag, user),
    watch: (pid, user, onLost) => watchShell(() => poolOf(state, user).control(), pid, onLost),
    [Symbol.dispose]() {
      state.isDisposed = true;
      clearTimeout(quiet);
      for (const pool of state.pools.values()) pool[Symbol.dispose]();
    },
  };
}

function poolOf({ target, pools }: State, user: string): LanePool {
  let pool = pools.get(user);
  if (!pool) {
    pool = new LanePool(() => openEngineShell(target.container, user));
    pools.set(user, pool);
  }
  return pool;
}

async function runOnLane(
  state: State,
  argv: readonly string[],
  options: ExecOptions & { cwd: string },
  engineRun: RunCommand,
): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  if (state.isDisposed) throw gone();
  const startedAt = performance.now();
  const user = options.user ?? state.target.user;
  const pool = poolOf(state, user);
  using stop = stopAfter(options.timeoutMs ?? DEFAULTS.commandTimeoutMs, [options.signal]);
  const lane = await pool.take(stop.signal);
  if (!lane && !stop.signal.aborted) {
    state.target.hasCommandsBesideLanes = true;
    return engineRun(argv, options);
  }
  if (lane && stop.signal.aborted) pool.release(lane);
  options.signal?.throwIfAborted();
  const output = new OutputCollector(options.maxOutputBytes ?? DEFAULTS.recordedBytes, options.onOutput);
  const result = (exitCode: number, timedOut: boolean): ExecResult => ({
    ...output.result(),
    exitCode,
    ...(timedOut && { signal: "SIGKILL" }),
    timedOut,
    durationMs: performance.now() - startedAt,
  });
  if (!lane || stop.signal.aborted) return result(KILLED_EXIT_CODE, true);
  state.running += 1;
  state.started += 1;
  const began = state.started;
  const begunAlone = state.running === 1 && !state.hasLostLane && state.orphans.size === 0;
  // Where others ran meanwhile, or a daemon was there before, what left its family cannot be told from theirs.
  const isAlone = (): boolean => begunAlone && began === state.started && !state.target.hasCommandsBesideLanes;
  const tag = randomBytes(12).toString("hex");
  const command = { argv, cwd: options.cwd, env: { ...environmentOf(state.target, user), ...options.env }, tag };
  try {
    const answered = askLane(lane, command, options.stdin, (name, bytes) => output.add(name, bytes));
    using _watch = watchShell(
      () => pool.control(),
      lane.pid,
      () => lane.lose(),
    );
    const answer = await Promise.race([answered, stopped(stop.signal)]);
    if (answer !== "stopped") {
      if (answer === undefined) throw await lost(state, tag, user);
      noteOrphans(state, answer.children, began);
      return result(Number(answer.text), false);
    }
    await kill(state, tag, user, { lane, isAlone });
    using grace = stopAfter(AFTER_KILL_MS, []);
    const last = await Promise.race([answered, stopped(grace.signal)]);
    if (last === "stopped" || last === undefined) lane.lose();
    else noteOrphans(state, last.children, began);
    options.signal?.throwIfAborted();
    return result(KILLED_EXIT_CODE, true);
  } finally {
    state.running -= 1;
    state.hasLostLane ||= lane.isLost;
    pool.release(lane);
  }
}

function askLane(
  lane: Lane,
  command: Parameters<typeof commandScript>[0],
  stdin: Uint8Array | string | undefined,
  emit: (stream: StreamName, bytes: Buffer) => void,
) {
  const end = newMark();
  if (stdin === undefined || stdin.length === 0) return lane.ask(commandScript(command, end), end, emit);
  const input = Buffer.from(stdin);
  const ready = newMark();
  return lane.askWithInput(commandScriptWithInput(command, end, ready, input.length), { ready, end }, input, emit);
}

function stopped(signal: AbortSignal): Promise<"stopped"> {
  if (signal.aborted) return Promise.resolve("stopped");
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"), { once: true }));
}

/**
 * A child of process 1 that was not there before is what a command left behind, or what such a one left at its own end. It may
 * hold the pipes of any lane that is busy now or was retired before: none of these takes another command.
 *
 * Answers of commands at once may come in another order than they were given. So one that is not among `children` is believed
 * to have ended only where it was seen before the command that tells began, which was the `began`th.
 */
function noteOrphans(state: State, children: readonly number[], began: number): void {
  const { orphans, pools, started } = state;
  state.hasLostLane = false;
  const found = children.filter((pid) => !orphans.has(pid));
  for (const [pid, seen] of orphans) if (seen < began && !children.includes(pid)) orphans.delete(pid);
  for (const pid of children) if (!orphans.has(pid)) orphans.set(pid, started);
  for (const pool of pools.values()) pool.noteLeftBehind(found, orphans);
}

async function kill(
  state: State,
  tag: string,
  user: string,
  { lane, isAlone = () => false }: { lane?: Lane; isAlone?: () => boolean } = {},
): Promise<void> {
  // Root's kill reaches the lanes of other users too.
  const spared = [...state.pools.values()].flatMap((pool) => pool.lanes().map(({ pid }) => pid));
  const control = await poolOf(state, user).control();
  // Asked only now: another command may have begun while the control was opened.
  const target = { tag, spared, lane: lane?.pid, killsOrphans: isAlone() };
  if (control && (await control.kill(target))) return;
  await killTree(state.target.container, target, user);
}

async function lost(state: State, tag: string, user: string): Promise<AssayError> {
  const { container } = state.target;
  if (state.isDisposed || !(await isRunning(container))) return gone();
  await kill(state, tag, user);
  if (!(await isRunning(container))) return gone();
  return new AssayError("sandbox/channel", "The shell that carried this command was killed or stopped, so its result is not known.", {
    hint: "Something in the sandbox signals processes that it did not start; the next command gets a new shell.",
  });
}
