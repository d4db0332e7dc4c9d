/** A process in a container, through the Engine's exec API: one hijacked stream, its exit code by inspection. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "dockerode";
import { AssayError } from "../../src/index.ts";
import { engineStatus, oneLine } from "./engine.ts";
import { demultiplexer, type StreamName } from "./stream.ts";

export interface ProcessOptions {
  argv: readonly string[];
  user: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  hasInput: boolean;
  onOutput: (stream: StreamName, bytes: Uint8Array) => void;
}

export interface EngineProcess extends Disposable {
  /** In the environment of everything that the command starts, so that a timeout finds it. */
  readonly tag: string;
  readonly stream: Duplex;
  /** When the last output came; by `performance.now()`. */
  readonly lastOutputAt: () => number;
  /** Waits for the exit code, or for `stop`: then undefined. Does not wait for what the command left in the background. */
  waitForExit(stop: AbortSignal): Promise<number | undefined>;
}

/** The name of the environment variable that holds the tag. */
export const TAG_VARIABLE = "ASSAY_COMMAND";

/** `cd` in a shell, since the Engine reports a missing folder as a broken exec. `$@` is the command. */
const IN_FOLDER = 'cd -- "$1" || exit 126; shift; exec "$@"';

/** While output may still come, the Engine is asked now and then whether the command's own process has ended. */
const FIRST_LOOK_MS = 200;
const LAST_LOOK_MS = 1_000;
/** Once the stream is closed, the exit code follows at once. */
const CLOSED_LOOK_MS = 3;
/** What a background child still prints is waited for until it is quiet for so long, and at most so long. */
const QUIET_MS = 100;
const DRAIN_MS = 1_000;

/** Starts a process. Throws `sandbox/gone` when the container does not run. */
export async function openProcess(container: Container, options: ProcessOptions): Promise<EngineProcess> {
  const tag = randomBytes(12).toString("hex");
  const exec = await inLivingContainer(container, () =>
    container.exec({
      Cmd: ["sh", "-c", IN_FOLDER, "sh", options.cwd, ...options.argv],
      User: options.user,
      Env: Object.entries({ ...options.env, [TAG_VARIABLE]: tag }).map(([name, value]) => `${name}=${value}`),
      AttachStdin: options.hasInput,
      AttachStdout: true,
      AttachStderr: true,
    }),
  );
  const stream = await inLivingContainer(container, () => exec.start({ hijack: true, stdin: options.hasInput }));
  let lastOutputAt = performance.now();
  const feed = demultiplexer(options.onOutput);
  const closed = new AbortController();
  stream.on("data", (chunk: Buffer) => {
    lastOutputAt = performance.now();
    feed(chunk);
  });
  // A broken stream and an ended one are the same here: the exit code's inspection tells what happened.
  stream.on("error", () => closed.abort());
  stream.on("close", () => closed.abort());
  stream.on("end", () => closed.abort());

  const exitCode = async (): Promise<number | undefined> => {
    const state = await inLivingContainer(container, () => exec.inspect());
    return state.Running ? undefined : (state.ExitCode ?? undefined);
  };
  const process: EngineProcess = {
    tag,
    stream,
    lastOutputAt: () => lastOutputAt,
    waitForExit: (stop) => waitForExit(process, exitCode, closed.signal, stop),
    [Symbol.dispose]: () => void stream.destroy(),
  };
  return process;
}

async function waitForExit(
  process: EngineProcess,
  exitCode: () => Promise<number | undefined>,
  closed: AbortSignal,
  stop: AbortSignal,
): Promise<number | undefined> {
  let pauseMs = FIRST_LOOK_MS;
  let wasClosed = false;
  while (true) {
    if (!closed.aborted) await pause(pauseMs, AbortSignal.any([closed, stop]));
    else if (wasClosed) await pause(pauseMs, stop);
    if (closed.aborted && !wasClosed) {
      wasClosed = true;
      pauseMs = CLOSED_LOOK_MS;
    }
    if (stop.aborted) return undefined;
    const code = await exitCode();
    if (code !== undefined) {
      await drain(process, closed);
      return code;
    }
    pauseMs = Math.min(pauseMs * 1.5, LAST_LOOK_MS);
  }
}

async function drain(process: EngineProcess, closed: AbortSignal): Promise<void> {
  const from = performance.now();
  while (!closed.aborted && performance.now() - from < DRAIN_MS) {
    const quietMs = performance.now() - Math.max(from, process.lastOutputAt());
    if (quietMs >= QUIET_MS) return;
    await pause(QUIET_MS - quietMs + 1, closed);
  }
}

/** Sleeps, and wakes early on `wake`. */
async function pause(ms: number, wake: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: wake }).catch(() => {});
}

/** Turns the Engine's refusal of a container that is gone or stopped into `sandbox/gone`. */
export async function inLivingContainer<T>(container: Container, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(await isRunning(container))) throw gone(error);
    const status = engineStatus(error);
    throw new AssayError("sandbox/failed", `The Docker Engine refused a command${status ? ` (${status})` : ""}: ${oneLine(error)}`, {
      cause: error,
    });
  }
}

export function gone(cause?: unknown): AssayError {
  return new AssayError("sandbox/gone", "The sandbox's container is not running any more.", {
    hint: "Run the same command again: an unfinished trial gets a fresh sandbox.",
    cause,
  });
}

export async function isRunning(container: Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch {
    return false;
  }
}
