/**
 * A process in a container, through the Engine's exec API: one hijacked stream.
 *
 * The Engine tells the exit code of a command only after everything that holds its output has ended, or seconds later
 * (20.10: about 4 s, and it delays the following commands too). So a wrapper tells the end in the streams themselves, by
 * a random mark that no output can know; the Engine's own word on the code counts where it comes in time.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Container } from "dockerode";
import { inLivingContainer } from "../engine/living.ts";
import { MarkScanner, newMark, printMark } from "./mark.ts";
import { pause } from "../stop.ts";
import { demultiplexer, type StreamName } from "./stream.ts";
import { SHELL } from "../system-shell.ts";

export interface ProcessOptions {
  argv: readonly string[];
  user: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  hasInput: boolean;
  onOutput: (stream: StreamName, bytes: Buffer) => void;
}

/** A process that is running, wherever its streams come from. */
export interface WrappedProcess extends Disposable {
  /** In the environment of everything that the command starts, so that a timeout finds it. */
  readonly tag: string;
  /** To its stdin, which stays open. */
  write(input: Uint8Array | string): void;
  /** Waits for the exit code, or for `stop`: then undefined. Does not wait for what the command left in the background. */
  waitForExit(stop: AbortSignal): Promise<number | undefined>;
}

/** The name of the environment variable that holds the tag. */
export const TAG_VARIABLE = "ASSAY_COMMAND";

/**
 * Shell code for a command's folder that cannot be entered; `folder` is a shell word. The exit status is then 126, the
 * shell's own for what cannot be executed.
 */
export function sayNoFolder(folder: string): string {
  return `printf 'cd: %s: no such folder, or no way into it\\n' ${folder} >&2`;
}

/**
 * Stays as long as a child of process 1 does that is not among `$1`, which is what a command left behind, and ends with `$2`: the
 * engine closes the streams a few seconds after their process's end, and a server that logs to them would die.
 */
const KEEP_STREAMS = `
trap : HUP INT QUIT TERM USR1 USR2
assay_left() {
  assay_now=; read -r assay_now </proc/1/task/1/children
  for assay_pid in $assay_now; do case " $1 " in *" $assay_pid "*) ;; *) return 0 ;; esac; done
  return 1
}
for assay_pause in 0.1 0.2 0.4; do assay_left "$1" && sleep "$assay_pause"; done
while assay_left "$1"; do sleep 1 || break; done
exit "$2"
`;

/**
 * Runs `$3…` in the folder `$2` and prints the mark `$1`. A folder that is missing is the command's failure (the Engine
 * would call it a broken exec). The shell's own words about a killed child go nowhere, and a signal to the whole group
 * does not end the wrapper before the command: caught, not ignored, since children would inherit that. It sets no variable but
 * of our own prefix: one of the same name that the command is to find would be changed. A shell that cannot fork ends: it says so,
 * for its own words are not shown.
 *
 * Where the command left something behind the wrapper stays for it, see {@link KEEP_STREAMS}, without the command in its own arguments:
 * whoever looks for a process by its words must not find the wrapper.
 */
const WRAPPER = `
assay_before=; { read -r assay_before </proc/1/task/1/children; } 2>/dev/null
cd -- "$2" 2>/dev/null || { ${sayNoFolder('"$2"')}; ${printMark('"$1"', "126", { out: 1, err: 2 })}; exit 126; }
unset OLDPWD SHLVL
trap : HUP INT QUIT TERM USR1 USR2
exec 4>&2 2>/dev/null
assay_refuse() { printf 'sh: no process could be started for the command: too many are running\\n' >&4; exit 126; }
trap assay_refuse EXIT
(exec 2>&4 4>&-; shift 2; exec "$@")
set -- "$1" "$?"
trap - EXIT
${printMark('"$1"', '"$2"', { out: 1, err: 4 })}
assay_now=; read -r assay_now </proc/1/task/1/children
[ "$assay_now" = "$assay_before" ] || exec sh -c '${KEEP_STREAMS}' sh "$assay_before" "$2"
exit "$2"
`;

/** The program that runs a command and tells its end on both of its streams by `mark`. */
export function wrappedArgv(mark: string, cwd: string, argv: readonly string[]): string[] {
  return [SHELL, "-c", WRAPPER, "sh", mark, cwd, ...argv];
}

interface EngineProcess extends WrappedProcess {
  readonly stream: Duplex;
}

/** While output may still come, the Engine is asked now and then whether the wrapper was killed. */
const FIRST_LOOK_MS = 500;
const LAST_LOOK_MS = 2_000;
/** Once the streams have ended, the Engine's exit code follows at once, or late; then the mark's is taken. */
const ENDED_LOOK_MS = 3;
const ENGINE_GRACE_MS = 30;
/** What the children of a killed wrapper still print is waited for until it is quiet for so long, and at most so long. */
const QUIET_MS = 100;
const DRAIN_MS = 1_000;

/** Starts a process. Throws `sandbox/gone` when the container does not run. */
export async function openProcess(container: Container, options: ProcessOptions): Promise<EngineProcess> {
  const tag = randomBytes(12).toString("hex");
  const mark = newMark();
  const exec = await inLivingContainer(container, () =>
    container.exec({
      Cmd: wrappedArgv(mark, options.cwd, options.argv),
      User: options.user,
      Env: Object.entries({ ...options.env, [TAG_VARIABLE]: tag }).map(([name, value]) => `${name}=${value}`),
      AttachStdin: options.hasInput,
      AttachStdout: true,
      AttachStderr: true,
    }),
  );
  const stream = await inLivingContainer(container, () => exec.start({ hijack: true, stdin: options.hasInput }));
  const end = listen(stream, mark, options.onOutput);
  const exitCode = async (): Promise<number | undefined> => {
    const state = await inLivingContainer(container, () => exec.inspect());
    return state.Running ? undefined : (state.ExitCode ?? undefined);
  };
  return {
    tag,
    stream,
    write: (input) => void stream.write(input),
    waitForExit: (stop) => waitForExit(end, exitCode, stop),
    [Symbol.dispose]: () => void stream.destroy(),
  };
}

/** Starts a shell that reads its commands from the stream. Throws `sandbox/gone` when the container does not run. */
export async function openEngineShell(container: Container, user: string): Promise<Duplex> {
  const exec = await inLivingContainer(container, () =>
    container.exec({ Cmd: [SHELL], User: user, AttachStdin: true, AttachStdout: true, AttachStderr: true }),
  );
  return inLivingContainer(container, () => exec.start({ hijack: true, stdin: true }));
}

/** What the streams have told so far. */
interface StreamEnd {
  /** Aborted when both marks have come, or the stream is closed. */
  readonly signal: AbortSignal;
  /** By the mark; undefined when the stream closed without one. */
  status: number | undefined;
  /** By `performance.now()`. */
  lastOutputAt: number;
  /** Gives out the bytes that were held back as a possible beginning of the mark. */
  flush(): void;
}

function listen(stream: Duplex, mark: string, onOutput: ProcessOptions["onOutput"]): StreamEnd {
  const ended = new AbortController();
  const scanners = { stdout: new MarkScanner(), stderr: new MarkScanner() };
  const end: StreamEnd = {
    signal: ended.signal,
    status: undefined,
    lastOutputAt: performance.now(),
    flush() {
      scanners.stdout.flush();
      scanners.stderr.flush();
    },
  };
  const marks = [
    scanners.stdout.find(mark, (bytes) => onOutput("stdout", bytes)),
    scanners.stderr.find(mark, (bytes) => onOutput("stderr", bytes)),
  ];
  void Promise.all(marks).then(([status]) => {
    end.status = Number(status);
    ended.abort();
  });
  const feed = demultiplexer((name, bytes) => scanners[name].push(bytes));
  stream.on("data", (chunk: Buffer) => {
    end.lastOutputAt = performance.now();
    feed(chunk);
  });
  // A broken stream and an ended one are the same here: the Engine is asked what happened.
  for (const event of ["error", "end", "close"]) stream.on(event, () => ended.abort());
  return end;
}

async function waitForExit(end: StreamEnd, exitCode: () => Promise<number | undefined>, stop: AbortSignal): Promise<number | undefined> {
  let pauseMs = FIRST_LOOK_MS;
  let endedAt: number | undefined;
  while (true) {
    if (endedAt !== undefined) await pause(pauseMs, [stop]);
    else if (!end.signal.aborted) await pause(pauseMs, [end.signal, stop]);
    if (stop.aborted && !end.signal.aborted) return undefined;
    if (end.signal.aborted && endedAt === undefined) {
      endedAt = performance.now();
      pauseMs = ENDED_LOOK_MS;
    }
    const code = await exitCode();
    if (code !== undefined) {
      await drain(end);
      end.flush();
      return code;
    }
    if (end.status !== undefined && performance.now() - (endedAt ?? 0) > ENGINE_GRACE_MS) return end.status;
    if (stop.aborted) return undefined;
    pauseMs = Math.min(pauseMs * 1.5, LAST_LOOK_MS);
  }
}

async function drain(end: StreamEnd): Promise<void> {
  const from = performance.now();
  while (!end.signal.aborted && performance.now() - from < DRAIN_MS) {
    const quietMs = performance.now() - Math.max(from, end.lastOutputAt);
    if (quietMs >= QUIET_MS) return;
    await pause(QUIET_MS - quietMs + 1, [end.signal]);
  }
}
