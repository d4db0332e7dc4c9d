/** Commands in a sandbox of Modal: an exec each, changed to its user, its end told by a mark, ended by a second exec. */
import { randomBytes } from "node:crypto";
import { DEFAULTS, type ExecOptions, type ExecResult } from "../../src/index.ts";
import { controlBoot, killScript } from "../container/commands/channel/script.ts";
import {
  AFTER_KILL_MS,
  environmentOf,
  KILLED_EXIT_CODE,
  type Commands,
  type CommandTarget,
  type RunCommand,
} from "../container/commands/commands.ts";
import { explainKill } from "../container/commands/explain-kill.ts";
import { MarkScanner, newMark } from "../container/commands/mark.ts";
import { OutputCollector } from "../container/commands/stream.ts";
import { TAG_VARIABLE, wrappedArgv, type ProcessOptions, type WrappedProcess } from "../container/commands/wrapped-exec.ts";
import { pause, stopAfter } from "../container/stop.ts";
import { gone } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { startProcess, type ModalProcess } from "./process.ts";
import { runPlain } from "./plain-run.ts";
import { staged } from "./staged.ts";
import type { Users } from "./known-users.ts";
import { ownScript } from "../container/system-shell.ts";

export interface ModalCommands extends Commands {
  /** Starts a process whose stdin stays open, for a session. */
  open(options: ProcessOptions): Promise<WrappedProcess>;
}

const KILL_MS = 15_000;
const NO_SUCH_USER: Omit<ExecResult, "stderr"> = {
  stdout: new Uint8Array(),
  exitCode: 126,
  timedOut: false,
  truncated: false,
  droppedBytes: 0,
  durationMs: 0,
};

export interface CommandParts {
  users: Users;
  target: CommandTarget;
  /** The spec's own. */
  env: Readonly<Record<string, string>>;
}

export function modalCommands(machine: Machine, { users, target, env }: CommandParts): ModalCommands {
  const kill = async (tag: string, user: string): Promise<void> => {
    if (await killFromInside(machine, users, { tag, user })) return;
    // Nothing goes on running after its time.
    if (await machine.isRunning()) await machine.terminate();
  };
  const open = (options: ProcessOptions) => openWrapped(machine, users, options);
  const run: RunCommand = async (argv, options) => {
    const user = options.user ?? target.user;
    const identity = await users.find(user);
    if (!identity) return { ...NO_SUCH_USER, stderr: Buffer.from(`unable to find user ${user}: no matching entry in /etc/passwd\n`) };
    const environment = { HOME: identity.home, ...environmentOf(target, user), ...env, ...options.env };
    return runOnce({ machine, kill, open }, argv, { ...options, user, env: environment });
  };
  return {
    run: async (argv, options) => explainKill(target, run, await run(argv, options)),
    kill,
    open,
    [Symbol.dispose]: () => machine.end(),
  };
}

interface Parts extends Pick<ModalCommands, "kill" | "open"> {
  machine: Machine;
}

async function runOnce(
  { machine, kill, open }: Parts,
  argv: readonly string[],
  options: ExecOptions & { cwd: string; user: string; env: Record<string, string> },
): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  const startedAt = performance.now();
  const output = new OutputCollector(options.maxOutputBytes ?? DEFAULTS.recordedBytes, options.onOutput);
  using stop = stopAfter(options.timeoutMs ?? DEFAULTS.commandTimeoutMs, [options.signal]);
  const { user, cwd, env } = options;
  using process = await open({
    argv,
    user,
    cwd,
    env,
    hasInput: false,
    ...inputOf(options),
    onOutput: (stream, bytes) => output.add(stream, bytes),
  });
  let exitCode = await process.waitForExit(stop.signal);
  const timedOut = exitCode === undefined;
  if (exitCode === undefined) {
    await kill(process.tag, user);
    using grace = stopAfter(AFTER_KILL_MS, []);
    exitCode = await process.waitForExit(grace.signal).catch(() => undefined);
    options.signal?.throwIfAborted();
    if (machine.ended.aborted) throw gone();
  }
  return {
    ...output.result(),
    exitCode: exitCode ?? KILLED_EXIT_CODE,
    ...(timedOut && { signal: "SIGKILL" }),
    timedOut,
    durationMs: performance.now() - startedAt,
  };
}

function inputOf({ stdin }: ExecOptions): { stdin?: Uint8Array | string } {
  return stdin === undefined ? {} : { stdin };
}

interface WrappedOptions extends ProcessOptions {
  /** Sent and closed; where `hasInput` is said instead, stdin stays open. */
  stdin?: Uint8Array | string;
}

async function openWrapped(machine: Machine, users: Users, options: WrappedOptions): Promise<WrappedProcess> {
  const tag = randomBytes(12).toString("hex");
  const mark = newMark();
  const scanners = { stdout: new MarkScanner(), stderr: new MarkScanner() };
  const marks = Promise.all([
    scanners.stdout.find(mark, (bytes) => options.onOutput("stdout", bytes)),
    scanners.stderr.find(mark, (bytes) => options.onOutput("stderr", bytes)),
  ]).then(([status]) => Number(status));
  const command = await staged(machine, {
    argv: options.argv,
    env: { ...options.env, [TAG_VARIABLE]: tag },
    owner: await users.numbers(options.user),
  });
  try {
    const process = await startProcess(machine, {
      argv: await users.as(options.user, wrappedArgv(mark, options.cwd, command.argv)),
      env: command.env,
      onOutput: (stream, bytes) => scanners[stream].push(bytes),
    });
    if (options.stdin !== undefined) process.write(options.stdin);
    if (!options.hasInput) process.closeInput();
    return {
      tag,
      write: (input) => process.write(input),
      async waitForExit(stop) {
        const code = await waitForExit(process, marks, stop);
        if (code !== undefined) for (const scanner of Object.values(scanners)) scanner.flush();
        if (code !== undefined) await command.remove();
        return code;
      },
      [Symbol.dispose]: () => process[Symbol.dispose](),
    };
  } catch (error) {
    await command.remove();
    throw error;
  }
}

/** The mark is faster than the process's own end, which what was left behind may hold up. */
async function waitForExit(process: ModalProcess, marks: Promise<number>, stop: AbortSignal): Promise<number | undefined> {
  const stopped = Promise.withResolvers<undefined>();
  const onStop = (): void => stopped.resolve(undefined);
  if (stop.aborted) onStop();
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const exited = process.exit.then(async (code) => {
      await Promise.race([process.drain(), marks]);
      return code;
    });
    exited.catch(() => {});
    // A mark that has come counts before anything else.
    const isMarked = await Promise.race([marks.then(() => true), pause(0, []).then(() => false)]);
    return await (isMarked ? marks : Promise.race([marks, exited, stopped.promise]));
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

/** Ends what carries the tag; whether nothing of it is left. */
async function killFromInside(machine: Machine, users: Users, { tag, user }: { tag: string; user: string }): Promise<boolean> {
  const [boot, answer] = [newMark(), newMark()];
  const script = `${controlBoot(boot)}${killScript({ tag, spared: [] }, answer)}`;
  try {
    const { stdout } = await runPlain(machine, { argv: await users.as(user, ownScript(script)), timeoutMs: KILL_MS });
    return Buffer.from(stdout).toString("latin1").includes(`${answer}0;`);
  } catch {
    return false;
  }
}
