/** Commands each by an exec of the engine: where lanes cannot work. */
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult } from "../../../src/index.ts";
import { AFTER_KILL_MS, environmentOf, KILLED_EXIT_CODE, type Commands, type ExecTarget, type RunCommand } from "./commands.ts";
import { explainKill } from "./explain-kill.ts";
import { killTree } from "./kill.ts";
import { openProcess } from "./wrapped-exec.ts";
import { stopAfter } from "../stop.ts";
import { OutputCollector } from "./stream.ts";

export function engineCommands(target: ExecTarget): Commands {
  const run: RunCommand = (argv, options) => runOnce(target, argv, options).catch(failureOfUser);
  return {
    run: async (argv, options) => explainKill(target, run, await run(argv, options)),
    kill: (tag, user) => killTree(target.container, { tag, spared: [] }, user),
    [Symbol.dispose]: () => {},
  };
}

/** Docker runs a command as a user who does not exist and lets it fail with this status; Podman refuses it with the same words. */
const UNKNOWN_USER_EXIT_CODE = 126;
const UNKNOWN_USER = /unable to find user .+/;

/** The result of a command that was refused for its user; throws any other error again. */
export function failureOfUser(error: unknown): ExecResult {
  const said = error instanceof AssayError ? UNKNOWN_USER.exec(error.message)?.[0] : undefined;
  if (said === undefined) throw error;
  const stdout = new TextEncoder().encode(`${said}\n`);
  return {
    stdout,
    stderr: new Uint8Array(),
    exitCode: UNKNOWN_USER_EXIT_CODE,
    timedOut: false,
    truncated: false,
    droppedBytes: 0,
    durationMs: 0,
  };
}

async function runOnce(target: ExecTarget, argv: readonly string[], options: ExecOptions & { cwd: string }): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  const startedAt = performance.now();
  const output = new OutputCollector(options.maxOutputBytes ?? DEFAULTS.recordedBytes, options.onOutput);
  const user = options.user ?? target.user;
  using stop = stopAfter(options.timeoutMs ?? DEFAULTS.commandTimeoutMs, [options.signal]);
  using process = await openProcess(target.container, {
    argv,
    user,
    cwd: options.cwd,
    env: { ...environmentOf(target, user), ...options.env },
    hasInput: options.stdin !== undefined,
    onOutput: (stream, bytes) => output.add(stream, bytes),
  });
  if (options.stdin !== undefined) process.stream.end(options.stdin);
  let exitCode = await process.waitForExit(stop.signal);
  const timedOut = exitCode === undefined;
  if (exitCode === undefined) {
    await killTree(target.container, { tag: process.tag, spared: [] }, user);
    using grace = stopAfter(AFTER_KILL_MS, []);
    exitCode = await process.waitForExit(grace.signal).catch(() => undefined);
    options.signal?.throwIfAborted();
  }
  return {
    ...output.result(),
    exitCode: exitCode ?? KILLED_EXIT_CODE,
    ...(timedOut && { signal: "SIGKILL" }),
    timedOut,
    durationMs: performance.now() - startedAt,
  };
}
