/**
 * A persistent session: one shell in the sandbox that evaluates command after command.
 *
 * A command's end is told by a mark on both of its streams. Nothing that is graded goes through a session: what the
 * model ran there before can change what a later command means.
 */
import { randomBytes } from "node:crypto";
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult, type Shell } from "../../../src/index.ts";
import { AFTER_KILL_MS, environmentOf, KILLED_EXIT_CODE, type Commands, type CommandTarget } from "./commands.ts";
import { explainKill } from "./explain-kill.ts";
import { MarkScanner, newMark, printMark } from "./mark.ts";
import { oneLine } from "../engine/engine.ts";
import { gone } from "../engine/living.ts";
import type { ProcessOptions, WrappedProcess } from "./wrapped-exec.ts";
import { isShellName, quote } from "./shell-words.ts";
import { stopAfter } from "../stop.ts";
import { OutputCollector, type StreamName } from "./stream.ts";
import { SHELL } from "../system-shell.ts";

type ShellExecOptions = Omit<ExecOptions, "user">;

/** Tells its process id after the mark `$1`. Streams 3 and 4 keep the session's own output from an `exec >file` of a command. */
const SESSION = `printf '%s%s\\n' "$1" $$; if command -v bash >/dev/null; then exec bash --noprofile --norc; else exec sh; fi 3>&1 4>&2`;
const NOTICE = "[assay] The session ended; the next command starts in a new one, without this one's folder, variables and functions.\n";

export interface ShellOptions {
  /** Starts the process that a session's shell is. */
  open: (options: ProcessOptions) => Promise<WrappedProcess>;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

interface Session {
  process: WrappedProcess;
  /** Of the shell, once it has told. */
  pid: Promise<number>;
  scanners: Record<StreamName, MarkScanner>;
}

/** Opens a session; the shell itself starts with the first command. */
export function openShell(target: CommandTarget, commands: Commands, options: ShellOptions): Shell {
  const { run, kill } = commands;
  let session: Session | undefined;
  let isDisposed = false;
  let queue: Promise<unknown> = Promise.resolve();

  const execute = async (command: string, execOptions: ShellExecOptions): Promise<ExecResult> => {
    execOptions.signal?.throwIfAborted();
    const odd = Object.keys(execOptions.env ?? {}).find((name) => !isShellName(name));
    if (odd !== undefined) {
      throw new AssayError("config/unsupported", `A session's shell cannot have a variable named ${JSON.stringify(odd)}.`, {
        hint: "Run the command without a session, or name the variable with letters, digits and underscores.",
      });
    }
    const current = (session ??= await openSession(target, options));
    if (isDisposed) {
      current.process[Symbol.dispose]();
      throw gone();
    }
    const stdinFile = execOptions.stdin === undefined ? undefined : await keepInput(run, execOptions.stdin);
    let isOver = true;
    try {
      const outcome = await evaluate({ target, commands }, current, command, { ...execOptions, ...(stdinFile && { stdinFile }) });
      isOver = outcome.isOver;
      return await explainKill(target, run, outcome.result);
    } finally {
      if (isOver) {
        current.process[Symbol.dispose]();
        session = undefined;
      }
      if (stdinFile) await run(["rm", "-f", stdinFile], { cwd: "/" });
    }
  };

  return {
    exec(command, execOptions = {}) {
      const result = queue.then(() => execute(command, execOptions));
      queue = result.catch(() => {});
      return result;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      if (!session) return;
      const { process } = session;
      session = undefined;
      process[Symbol.dispose]();
      if (await target.isRunning()) await kill(process.tag, target.user);
    },
  };
}

async function openSession(target: CommandTarget, options: ShellOptions): Promise<Session> {
  const scanners = { stdout: new MarkScanner(), stderr: new MarkScanner() };
  const pidMark = newMark();
  const pid = scanners.stdout.find(pidMark, () => {}).then(Number);
  const process = await options.open({
    argv: [SHELL, "-c", SESSION, "sh", pidMark],
    user: target.user,
    cwd: options.cwd,
    env: { ...environmentOf(target, target.user), ...options.env },
    hasInput: true,
    onOutput: (stream, bytes) => scanners[stream].push(bytes),
  });
  return { process, pid, scanners };
}

async function keepInput(run: Commands["run"], stdin: Uint8Array | string): Promise<string> {
  const file = `/tmp/.assay-stdin-${randomBytes(8).toString("hex")}`;
  const kept = await run([SHELL, "-c", 'umask 077; cat >"$1"', "sh", file], { cwd: "/", stdin });
  if (kept.exitCode === 0) return file;
  throw new AssayError(
    "sandbox/path",
    `The input of a session's command cannot be kept in /tmp: ${oneLine(Buffer.from(kept.stderr).toString())}`,
  );
}

interface Outcome {
  result: ExecResult;
  /** Whether the session ended with this command. */
  isOver: boolean;
}

async function evaluate(
  { target, commands }: { target: CommandTarget; commands: Commands },
  session: Session,
  command: string,
  options: ShellExecOptions & { stdinFile?: string },
): Promise<Outcome> {
  const startedAt = performance.now();
  const output = new OutputCollector(options.maxOutputBytes ?? DEFAULTS.recordedBytes, options.onOutput);
  const mark = newMark();
  const ended = new AbortController();
  const marks = Promise.all([
    session.pid.then(() => session.scanners.stdout.find(mark, (bytes) => output.add("stdout", bytes))),
    session.scanners.stderr.find(mark, (bytes) => output.add("stderr", bytes)),
  ]);
  let status: number | undefined;
  void marks.then(([code]) => {
    status = Number(code);
    ended.abort();
  });
  const stopped = new AbortController();
  using stop = stopAfter(options.timeoutMs ?? DEFAULTS.commandTimeoutMs, [ended.signal, stopped.signal, options.signal]);
  session.process.write(scriptFor(command, mark, options));
  const watch = watchSession(session, commands, target.user, () => stopped.abort());
  const exitCode = await session.process.waitForExit(stop.signal).finally(() => watch[Symbol.dispose]());

  const finish = (code: number, isOver: boolean, timedOut: boolean): Outcome => {
    if (isOver) {
      session.scanners.stdout.flush();
      session.scanners.stderr.flush();
      output.add("stderr", Buffer.from(NOTICE));
    }
    const durationMs = performance.now() - startedAt;
    return { isOver, result: { ...output.result(), exitCode: code, ...(timedOut && { signal: "SIGKILL" }), timedOut, durationMs } };
  };
  if (status !== undefined) return finish(status, false, false);
  if (exitCode !== undefined) return finish(exitCode, true, false);
  await commands.kill(session.process.tag, target.user);
  using grace = stopAfter(AFTER_KILL_MS, []);
  const killedCode = await session.process.waitForExit(grace.signal).catch(() => undefined);
  options.signal?.throwIfAborted();
  return finish(killedCode ?? KILLED_EXIT_CODE, true, !stopped.signal.aborted);
}

/** Notices that the session's shell was stopped; its death is told by its process. */
function watchSession({ pid }: Session, commands: Commands, user: string, onStopped: () => void): Disposable {
  let isOver = false;
  let watch: Disposable | undefined;
  void pid.then((known) => {
    if (!isOver) watch = commands.watch?.(known, user, (state) => state === "stopped" && onStopped());
  });
  return {
    [Symbol.dispose]() {
      isOver = true;
      watch?.[Symbol.dispose]();
    },
  };
}

/**
 * One command for the session's shell. The command's own folder and environment are put back after it;
 * its stdin is never the stream that the session reads its commands from.
 */
function scriptFor(command: string, mark: string, { cwd, env = {}, stdinFile }: ShellExecOptions & { stdinFile?: string }): string {
  const names = Object.keys(env);
  const before = names.map(
    (name, index) => `assay_had_${index}=\${${name}+x}; assay_old_${index}=\${${name}-}; export ${name}=${quote(env[name] ?? "")}`,
  );
  const after = names.map(
    (name, index) =>
      `if [ -n "$assay_had_${index}" ]; then ${name}=$assay_old_${index}; else unset ${name}; fi; unset assay_had_${index} assay_old_${index}`,
  );
  // Through `command`, since a syntax error in a bare eval ends dash and ash.
  const body = cwd === undefined ? `command eval ${quote(command)}` : `cd -- ${quote(cwd)} && command eval ${quote(command)}`;
  if (cwd !== undefined) {
    before.push("assay_folder=$PWD");
    after.push('cd -- "$assay_folder"; unset assay_folder');
  }
  return [
    ...before,
    `{ ${body}\n} <${stdinFile ?? "/dev/null"} >&3 2>&4 3>&- 4>&-`,
    "assay_status=$?",
    ...after,
    `${printMark(quote(mark), '"$assay_status"', { out: 3, err: 4 })}; unset assay_status`,
    "",
  ].join("\n");
}
