/** Runs one command to its end, its timeout or its abort, and says what it printed. */
import type { Container } from "dockerode";
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult } from "../../src/index.ts";
import { killTree } from "./kill.ts";
import { gone, isRunning, openProcess } from "./process.ts";
import { stopAfter } from "./stop.ts";
import { OutputCollector } from "./stream.ts";

/** Runs a program in a sandbox; `cwd` is absolute. Files and `Sandbox.exec` know nothing else of how a command gets there. */
export type RunCommand = (argv: readonly string[], options: ExecOptions & { cwd: string }) => Promise<ExecResult>;

/** How commands get into a sandbox. Disposing of it leaves the container alone. */
export interface Commands extends Disposable {
  run: RunCommand;
  /** Kills everything that carries a command's tag; the whole container where that cannot be done. */
  kill(tag: string, user: string): Promise<void>;
  /** Looks after a shell of this user until it is disposed of or has told that the shell will not answer; not there where nobody can. */
  watch?(pid: number, user: string, onLost: (state: "dead" | "stopped") => void): Disposable;
}

export interface ExecTarget {
  readonly container: Container;
  /** Processes of this container that the kernel has killed for memory, as far as was looked. */
  oomKills: number;
  /** The user of a command that names none, and what its environment has beyond the container's. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether there ever was a command beside the lanes, a session's or by the engine's exec: its daemons cannot be told from others. */
  hasCommandsBesideLanes: boolean;
}

/** After a kill the stream ends at once; beyond this the container is taken for broken. */
const AFTER_KILL_MS = 5_000;
/** 128 + SIGKILL. */
export const KILLED_EXIT_CODE = 137;

/** The program of a command line for `sh`. The kernel takes at most 128 KiB an argument, so a long one goes in pieces. */
export function shellArgv(command: string): readonly string[] {
  if (Buffer.byteLength(command) <= MAX_ARGUMENT_BYTES) return ["sh", "-c", command];
  const pieces: string[] = [];
  // A character is at most 3 bytes for each of its UTF-16 units.
  const unitsPerPiece = Math.floor(MAX_ARGUMENT_BYTES / 3);
  for (let from = 0, to = 0; from < command.length; from = to) {
    to = from + unitsPerPiece;
    if (/[\ud800-\udbff]/.test(command.charAt(to - 1))) to -= 1;
    pieces.push(command.slice(from, to));
  }
  return ["sh", "-c", 'command=; for piece; do command="$command$piece"; done; set --; eval "$command"', "sh", ...pieces];
}

const MAX_ARGUMENT_BYTES = 120_000;

/** Commands by the Engine's exec API. */
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

/** The target's own environment (its home folder) belongs to its own user only. */
export function environmentOf(target: ExecTarget, user: string): Readonly<Record<string, string>> {
  return user === target.user ? target.env : {};
}

/** Prints the kernel's count of kills (control groups v2, else v1); the last line proves that the container lives. */
const ASK_FOR_KILLS = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; echo alive";

/**
 * Looks behind a status of 137 that is not our own kill: throws `sandbox/gone` when it was the container's end, and marks
 * a kill for memory. The kernel counts for the whole container: of commands that run at the same time, it is one of them.
 */
export async function explainKill(target: ExecTarget, run: RunCommand, result: ExecResult): Promise<ExecResult> {
  if (result.exitCode !== KILLED_EXIT_CODE || result.timedOut) return result;
  const asked = await run(["sh", "-c", ASK_FOR_KILLS], { cwd: "/", timeoutMs: 10_000 }).catch(() => undefined);
  const answer = Buffer.from(asked?.stdout ?? []).toString();
  if (!answer.endsWith("alive\n")) {
    if (!(await isRunning(target.container))) throw gone();
    // Starved or out of processes: what the command did is known all the same.
    return result;
  }
  const before = target.oomKills;
  target.oomKills = Number(/^oom_kill (\d+)$/m.exec(answer)?.[1] ?? 0);
  return target.oomKills > before ? { ...result, oomKilled: true } : result;
}
