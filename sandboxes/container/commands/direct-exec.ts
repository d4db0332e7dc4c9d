/**
 * A command that the engine starts and whose exit code it tells: nothing is run in the container but the command itself.
 *
 * So it needs no shell, and no mark is printed and no wrapper waits, as there is for other commands: nothing that runs there
 * can know how its end is told.
 */
import type { Container } from "dockerode";
import { DEFAULTS, type ExecResult } from "../../../src/index.ts";
import { gone, inLivingContainer, isContainerRunning } from "../engine/living.ts";
import { AFTER_KILL_MS, KILLED_EXIT_CODE } from "./commands.ts";
import { pause, stopAfter } from "../stop.ts";
import { demultiplexer, OutputCollector, type StreamName } from "./stream.ts";

export interface EngineCommand {
  argv: readonly string[];
  /** `uid:gid`, or a name of the image. */
  user: string;
  /** Absolute; default `/`. */
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: Uint8Array | string;
  timeoutMs: number;
  maxOutputBytes?: number;
  onOutput?: (stream: StreamName, bytes: Uint8Array) => void;
  signal?: AbortSignal;
  /** Ends what the process started; called at a timeout and an abort. */
  kill: () => Promise<void>;
}

const FIRST_LOOK_MS = 15;
const LAST_LOOK_MS = 1_000;
/** What is still on its way once the engine has the exit code. */
const DRAIN_MS = 200;

/** Runs it to its end, its timeout or its abort. Throws `sandbox/gone`, `sandbox/failed`, or what the engine says where it refuses to start it. */
export async function runByEngine(container: Container, process: EngineCommand): Promise<ExecResult> {
  process.signal?.throwIfAborted();
  const startedAt = performance.now();
  const output = new OutputCollector(process.maxOutputBytes ?? DEFAULTS.recordedBytes, process.onOutput);
  const { stream, exitCode } = await start(container, process);
  try {
    const closed = new AbortController();
    stream.on(
      "data",
      demultiplexer((name, bytes) => output.add(name, bytes)),
    );
    for (const event of ["error", "end", "close"]) stream.on(event, () => closed.abort());
    if (process.stdin !== undefined) stream.end(process.stdin);
    using stop = stopAfter(process.timeoutMs, [process.signal]);
    let code = await waitForCode(exitCode, closed.signal, stop.signal);
    const timedOut = code === undefined;
    if (code === undefined) {
      await process.kill();
      using grace = stopAfter(AFTER_KILL_MS, []);
      code = await waitForCode(exitCode, closed.signal, grace.signal);
      process.signal?.throwIfAborted();
    }
    await pause(DRAIN_MS, [closed.signal]);
    const durationMs = performance.now() - startedAt;
    return { ...output.result(), exitCode: code ?? KILLED_EXIT_CODE, ...(timedOut && { signal: "SIGKILL" }), timedOut, durationMs };
  } finally {
    stream.destroy();
  }
}

async function start(container: Container, { argv, user, cwd = "/", env = {}, stdin }: EngineCommand) {
  const hasInput = stdin !== undefined;
  try {
    const exec = await container.exec({
      Cmd: [...argv],
      User: user,
      WorkingDir: cwd,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      AttachStdin: hasInput,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: hasInput });
    const exitCode = async (): Promise<number | undefined> => {
      const state = await inLivingContainer(container, () => exec.inspect());
      return state.Running ? undefined : (state.ExitCode ?? undefined);
    };
    return { stream, exitCode };
  } catch (error) {
    if (!(await isContainerRunning(container))) throw gone(error);
    throw error;
  }
}

/** A process in the background may hold the streams open, so the engine is asked too. Undefined once `stop` is aborted. */
async function waitForCode(
  exitCode: () => Promise<number | undefined>,
  closed: AbortSignal,
  stop: AbortSignal,
): Promise<number | undefined> {
  for (let waitMs = FIRST_LOOK_MS; !stop.aborted;) {
    await pause(waitMs, closed.aborted ? [stop] : [closed, stop]);
    const code = await exitCode();
    if (code !== undefined) return code;
    waitMs = closed.aborted ? FIRST_LOOK_MS : Math.min(waitMs * 1.5, LAST_LOOK_MS);
  }
  return undefined;
}
