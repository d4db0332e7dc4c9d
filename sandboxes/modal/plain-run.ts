/** A process that is run to its own end, without a wrapper: what looks after a sandbox, and a verifier. */
import { DEFAULTS, type ExecResult } from "../../src/index.ts";
import { AFTER_KILL_MS, KILLED_EXIT_CODE } from "../container/commands/commands.ts";
import { OutputCollector } from "../container/commands/stream.ts";
import { stopAfter } from "../container/stop.ts";
import type { Machine } from "./machine.ts";
import { startProcess } from "./process.ts";

export interface PlainRequest {
  /** Started as root: what changes the user is part of it. */
  argv: readonly string[];
  env?: Readonly<Record<string, string>>;
  stdin?: Uint8Array | string;
  timeoutMs: number;
  maxOutputBytes?: number;
  signal?: AbortSignal | undefined;
  /** Ends what it has started, at a timeout and an abort. */
  kill?: () => Promise<void>;
}

/** Its own exit code counts, which nothing in the sandbox can know beforehand. */
export async function runPlain(machine: Machine, request: PlainRequest): Promise<ExecResult> {
  request.signal?.throwIfAborted();
  const startedAt = performance.now();
  const output = new OutputCollector(request.maxOutputBytes ?? DEFAULTS.recordedBytes);
  using stop = stopAfter(request.timeoutMs, [request.signal]);
  using process = await startProcess(machine, {
    argv: request.argv,
    env: request.env ?? {},
    onOutput: (stream, bytes) => output.add(stream, bytes),
  });
  if (request.stdin !== undefined) process.write(request.stdin);
  process.closeInput();
  let code = await exitOrStop(process.exit, stop.signal);
  const timedOut = code === undefined;
  if (timedOut) {
    await request.kill?.();
    request.signal?.throwIfAborted();
    using grace = stopAfter(request.kill ? AFTER_KILL_MS : 0, []);
    code = await exitOrStop(process.exit, grace.signal);
  }
  await process.drain();
  return {
    ...output.result(),
    exitCode: code ?? KILLED_EXIT_CODE,
    ...(timedOut && { signal: "SIGKILL" }),
    timedOut,
    durationMs: performance.now() - startedAt,
  };
}

async function exitOrStop(exit: Promise<number>, stop: AbortSignal): Promise<number | undefined> {
  const stopped = Promise.withResolvers<undefined>();
  const onStop = (): void => stopped.resolve(undefined);
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) onStop();
  try {
    return await Promise.race([exit, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}
