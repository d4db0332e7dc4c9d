/** Commands in an image without a shell: each a program and its arguments, run by the engine alone. */
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult } from "../../../src/index.ts";
import { runByEngine } from "./direct-exec.ts";
import { engineStatus, oneLine } from "../engine/engine.ts";
import { environmentOf, KILLED_EXIT_CODE, type Commands, type ExecTarget } from "./commands.ts";
import { MISSING_PROGRAM } from "../image/probe.ts";
import { gone, isContainerRunning } from "../engine/living.ts";
import { SHELL } from "../system-shell.ts";

const NOT_FOUND = 127;
const NOT_STARTED = 126;
/** Of a runtime's own words, which come as the command's output. */
const REFUSAL = /^(OCI runtime exec failed|unable to find user)/;
const RESTARTED =
  "[assay] The image has no shell, so one command cannot be ended alone: the sandbox was started again, and all that ran in it is gone.\n";

/** `Commands` of a sandbox whose image has no shell. */
export function plainCommands(target: ExecTarget): Commands {
  let restarting: Promise<void> | undefined;
  /** Ends everything: the engine has no other way to end a command. Files stay, but for those in memory. */
  const restart = async (): Promise<void> => {
    restarting ??= Promise.resolve(target.container.restart({ t: 0 })).then(
      () => {},
      () => {},
    );
    await restarting;
    restarting = undefined;
  };
  return {
    async run(argv, options) {
      await restarting;
      const result = await runPlain(target, argv, options, restart);
      await restarting;
      // What one command's time limit ended, beside it, has a result; what ended with the container has none.
      if (result.exitCode === KILLED_EXIT_CODE && !(await isContainerRunning(target.container))) throw gone();
      return result;
    },
    kill: restart,
    [Symbol.dispose]: () => {},
  };
}

async function runPlain(
  target: ExecTarget,
  argv: readonly string[],
  options: ExecOptions & { cwd: string },
  restart: () => Promise<void>,
): Promise<ExecResult> {
  const user = options.user ?? target.user;
  const startedAt = performance.now();
  const { cwd, stdin, timeoutMs = DEFAULTS.commandTimeoutMs, maxOutputBytes, onOutput, signal } = options;
  try {
    const result = await runByEngine(target.container, {
      argv,
      user,
      cwd,
      env: { ...environmentOf(target, user), ...options.env },
      timeoutMs,
      kill: restart,
      ...(stdin !== undefined && { stdin }),
      ...(maxOutputBytes !== undefined && { maxOutputBytes }),
      ...(onOutput && { onOutput }),
      ...(signal && { signal }),
    });
    if (result.timedOut) return { ...result, exitCode: KILLED_EXIT_CODE, stderr: Buffer.concat([result.stderr, Buffer.from(RESTARTED)]) };
    const said = result.exitCode === NOT_STARTED || result.exitCode === NOT_FOUND ? Buffer.from(result.stdout).toString() : "";
    return REFUSAL.test(said) ? refused(argv, said, result.durationMs) : result;
  } catch (error) {
    if (error instanceof AssayError || signal?.aborted) throw error;
    if (engineStatus(error) === undefined) {
      throw new AssayError("sandbox/failed", `The engine broke off while it started a command: ${oneLine(error)}`, { cause: error });
    }
    return refused(argv, oneLine(error), performance.now() - startedAt);
  }
}

/** A program that cannot be started is a result, as it is where a shell starts it. */
function refused([program = ""]: readonly string[], said: string, durationMs: number): ExecResult {
  const isMissing = MISSING_PROGRAM.test(said) && !/chdir to cwd/.test(said);
  const reason = isMissing ? "not found" : said.replaceAll(/\s+/g, " ").trim();
  const hint =
    isMissing && (program === "sh" || program === SHELL)
      ? "; the image has no shell: give a command as a list of its program and arguments"
      : "";
  return {
    stdout: new Uint8Array(),
    stderr: new TextEncoder().encode(`${program}: ${reason}${hint}\n`),
    exitCode: isMissing ? NOT_FOUND : NOT_STARTED,
    timedOut: false,
    truncated: false,
    droppedBytes: 0,
    durationMs,
  };
}
