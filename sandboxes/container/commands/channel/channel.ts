/**
 * Commands over lanes: a few milliseconds where the engine's own exec takes tens. The engine's exec takes over where an
 * image lacks what lanes need, or no lane can be opened.
 *
 * No output can forge a command's end. A hostile process of the same user can, by reading the lane's memory, as it could
 * kill the command: so nothing that decides a score runs here (see verify.ts).
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult } from "../../../../src/index.ts";
import { AFTER_KILL_MS, environmentOf, KILLED_EXIT_CODE, type Commands, type ExecTarget, type RunCommand } from "../commands.ts";
import { failureOfUser } from "../engine-commands.ts";
import { explainKill } from "../explain-kill.ts";
import { killTree } from "../kill.ts";
import { newMark } from "../mark.ts";
import { gone, isContainerRunning } from "../../engine/living.ts";
import { openEngineShell } from "../wrapped-exec.ts";
import { stopAfter } from "../../stop.ts";
import { OutputCollector, type StreamName } from "../stream.ts";
import { Lane } from "./lane.ts";
import { watchShell } from "./heartbeat.ts";
import { LeftBehind } from "./left-behind.ts";
import { LanePool } from "./pool.ts";
import { commandScript, commandScriptWithInput, laneBoot, type LaneCommand } from "./script.ts";

interface State {
  target: ExecTarget;
  pools: Map<string, LanePool>;
  leftBehind: LeftBehind;
  /** Opens the control of the target's user; begins anew at each command's end. */
  quiet: NodeJS.Timeout | undefined;
  isDisposed: boolean;
}

/**
 * So long after a command, with nothing to do, the control is opened: before the next one could starve the sandbox. Most models
 * think longer; a sandbox that waits for its trial, and a trial that is over sooner, do without it, for it costs as much as an
 * engine's exec. A command that takes long has it opened, too (see heartbeat.ts).
 */
const QUIET_MS = 1_000;

/** Opens the channel into a container. `stream` is its first process's, whose shell becomes the first lane of the target's user. */
export async function openChannel(target: ExecTarget, stream: Duplex | undefined, engineRun: RunCommand): Promise<Commands> {
  const pools = new Map<string, LanePool>();
  const state: State = { target, pools, leftBehind: new LeftBehind(target, pools), quiet: undefined, isDisposed: false };
  const first = stream && (await Lane.open(stream, laneBoot));
  if (first && first.missing === "") poolOf(state, target.user).add(first.lane);
  else first?.lane[Symbol.dispose]();
  const run: RunCommand = (argv, options) => runOnLane(state, argv, options, engineRun).catch(failureOfUser);
  return {
    run: async (argv, options) => explainKill(target, run, await run(argv, options)),
    kill: (tag, user) => kill(state, tag, user),
    watch: (pid, user, onLost) => watchShell(() => poolOf(state, user).control(), pid, onLost),
    [Symbol.dispose]() {
      state.isDisposed = true;
      clearTimeout(state.quiet);
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
  const output = new OutputCollector(options.maxOutputBytes ?? DEFAULTS.recordedBytes, options.onOutput);
  let exitCode: number | undefined;
  if (lane) {
    try {
      if (!stop.signal.aborted) exitCode = await converse(state, { lane, pool, user, argv, options, output, stop: stop.signal });
    } finally {
      pool.release(lane);
      openControlWhenQuiet(state);
    }
  }
  if (exitCode === undefined) options.signal?.throwIfAborted();
  return {
    ...output.result(),
    exitCode: exitCode ?? KILLED_EXIT_CODE,
    ...(exitCode === undefined && { signal: "SIGKILL" }),
    timedOut: exitCode === undefined,
    durationMs: performance.now() - startedAt,
  };
}

function openControlWhenQuiet(state: State): void {
  if (state.isDisposed) return;
  const openControl = (): void => {
    if (state.leftBehind.isQuiet) void poolOf(state, state.target.user).control();
  };
  state.quiet = state.quiet?.refresh() ?? setTimeout(openControl, QUIET_MS).unref();
}

interface Conversation {
  lane: Lane;
  pool: LanePool;
  user: string;
  argv: readonly string[];
  options: ExecOptions & { cwd: string };
  output: OutputCollector;
  stop: AbortSignal;
}

/** Resolves with the exit code, or with undefined where `stop` came first: then all that the command started has been killed. */
async function converse(state: State, { lane, pool, user, argv, options, output, stop }: Conversation): Promise<number | undefined> {
  const begun = state.leftBehind.begin();
  const tag = randomBytes(12).toString("hex");
  const command = { argv, cwd: options.cwd, env: { ...environmentOf(state.target, user), ...options.env }, tag };
  try {
    const answered = askLane(lane, command, options.stdin, (name, bytes) => output.add(name, bytes));
    using _watch = watchShell(
      () => pool.control(),
      lane.pid,
      () => lane.lose(),
    );
    const answer = await Promise.race([answered, stopped(stop)]);
    if (answer === undefined) throw await lost(state, tag, user);
    if (answer !== "stopped") {
      begun.note(answer.children);
      return Number(answer.text);
    }
    await kill(state, tag, user, { lane, isAlone: begun.isAlone });
    using grace = stopAfter(AFTER_KILL_MS, []);
    const last = await Promise.race([answered, stopped(grace.signal)]);
    if (last === "stopped" || last === undefined) lane.lose();
    else begun.note(last.children);
    return undefined;
  } finally {
    begun.end(lane);
  }
}

function askLane(
  lane: Lane,
  command: LaneCommand,
  stdin: Uint8Array | string | undefined,
  emit: (stream: StreamName, bytes: Buffer) => void,
) {
  const end = newMark();
  if (stdin === undefined || stdin.length === 0) return lane.ask(commandScript(command, end), end, emit);
  const input = typeof stdin === "string" ? Buffer.from(stdin) : stdin;
  const ready = newMark();
  return lane.askWithInput(commandScriptWithInput(command, end, ready, input.length), { ready, end }, input, emit);
}

function stopped(signal: AbortSignal): Promise<"stopped"> {
  if (signal.aborted) return Promise.resolve("stopped");
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"), { once: true }));
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
  if (state.isDisposed || !(await isContainerRunning(container))) return gone();
  for (const pool of state.pools.values()) pool.closeIdle();
  await kill(state, tag, user);
  if (!(await isContainerRunning(container))) return gone();
  return new AssayError("sandbox/channel", "The shell that carried this command was killed or stopped, so its result is not known.", {
    hint: "Something in the sandbox signals processes that it did not start; the next command gets a new shell.",
  });
}
