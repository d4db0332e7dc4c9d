/** Runs commands in just-bash: with our limits instead of its own, exact bytes from Python, and sessions. */
import { Bash, type BashOptions } from "just-bash";
import type { JournaledFileSystem } from "./file-system.ts";
import { encodeOutput, type RawOutput } from "./output.ts";
import { pythonCommands } from "./python.ts";
import type { ExecuteReply, ExecuteRequest, WorkerSetup } from "./protocol.ts";
import { prepareScript, readSession } from "./session.ts";

export interface Interpreter {
  execute(id: number, request: ExecuteRequest): Promise<ExecuteReply>;
  /** Ends command `id` where it waits for something (Python, sleep); the shared flag ends it where it computes. */
  stop(id: number): void;
}

/** The command that runs now. */
interface Running {
  id: number;
  deadline: number;
  abort: AbortController;
  /** Output that is not UTF-8, which just-bash would mangle; encodeOutput puts it back. */
  raw: RawOutput;
}

/** A number that no count reaches. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;
/** The longest wait that setTimeout can hold. */
const LONGEST_MS = 2 ** 31 - 1;
/** 128 + SIGKILL, as a shell reports a command that was killed. */
const KILLED = 137;
/** What a shell answers for a program that it cannot start. */
const CANNOT_START = 126;

// Taken before just-bash bars them while a command runs.
const setTimer = setTimeout;
const loadAtomic = Atomics.load;

export function createInterpreter(files: JournaledFileSystem, setup: WorkerSetup): Interpreter {
  const stopFlag = new Int32Array(setup.stop);
  let running: Running | undefined;
  const remainingMs = (): number => {
    if (!running || loadAtomic(stopFlag, 0) === running.id) return 0;
    return Math.max(0, Math.min(LONGEST_MS, running.deadline - Date.now()));
  };
  const raw = (): RawOutput | undefined => running?.raw;
  const { bash, printed } = createBash(files, setup, raw, remainingMs);

  const execute = async (id: number, request: ExecuteRequest): Promise<ExecuteReply> => {
    const startedAt = performance.now();
    const refusal = await reasonToRefuse(files, request, setup.workdir);
    if (refusal !== undefined) return refused(refusal);
    const now: Running = { id, deadline: Date.now() + request.timeoutMs, abort: new AbortController(), raw: { stdout: [], stderr: [] } };
    running = now;
    printed.stdout = printed.stderr = "";
    const { script, options } = prepareScript(files, request);
    const result = await bash.exec(script, {
      ...options,
      ...(request.stdin && {
        stdin: Buffer.from(request.stdin.buffer, request.stdin.byteOffset, request.stdin.byteLength).toString("latin1"),
        stdinKind: "bytes",
      }),
      signal: now.abort.signal,
      rawScript: true,
    });
    const timedOut = remainingMs() === 0;
    running = undefined;
    const session = timedOut ? undefined : readSession(files, request);
    const stderr = timedOut ? printed.stderr.replace(OWN_MESSAGE, "") : printed.stderr || result.stderr;
    return {
      kind: "execute",
      stdout: encodeOutput(printed.stdout, now.raw.stdout),
      stderr: encodeOutput(stderr, now.raw.stderr),
      exitCode: timedOut ? KILLED : result.exitCode,
      timedOut,
      durationMs: performance.now() - startedAt,
      ...(session !== undefined && { session }),
    };
  };
  return {
    execute,
    stop: (id) => {
      if (running?.id === id) running.abort.abort();
    },
  };
}

/** What no system could start, and just-bash would. */
async function reasonToRefuse(files: JournaledFileSystem, request: ExecuteRequest, workdir: string): Promise<string | undefined> {
  const { script, env = {}, session } = request;
  if ([script, request.cwd ?? "", ...Object.entries(env).flat()].some((value) => value.includes("\0")))
    return "a command cannot hold a NUL";
  // A session stays where it is, even where that is gone.
  const cwd = request.cwd ?? (session ? undefined : workdir);
  if (cwd === undefined) return undefined;
  const folder = await files.stat(cwd).catch(() => undefined);
  return folder?.isDirectory ? undefined : `cd: ${cwd}: ${folder ? "Not a directory" : "No such file or directory"}`;
}

function refused(reason: string): ExecuteReply {
  const stderr = new TextEncoder().encode(`${reason}\n`);
  return { kind: "execute", stdout: new Uint8Array(), stderr, exitCode: CANNOT_START, timedOut: false, durationMs: 0 };
}

/** The shell, and what its last call printed. */
function createBash(files: JournaledFileSystem, setup: WorkerSetup, raw: () => RawOutput | undefined, remainingMs: () => number) {
  const printed = { stdout: "", stderr: "" };
  const bash = new Bash({
    fs: files,
    cwd: setup.workdir,
    env: { HOME: "/home/user", USER: "user", PATH: "/usr/bin:/bin", LANG: "C.UTF-8", ...setup.env },
    python: true,
    customCommands: pythonCommands(files, raw),
    sleep: (ms) => new Promise((resolve) => setTimer(resolve, Math.min(ms, remainingMs()))),
    executionLimits: wideLimits(setup.fileSystemBytes),
    logger: lastPrinted((last) => Object.assign(printed, last)),
  });
  stopWhenOver(bash, remainingMs);
  return { bash, printed };
}

/** just-bash's last words when a limit ends a command; the limit is ours, so the words would mislead. */
const OWN_MESSAGE = /(python3: Execution timeout: exceeded \d+ms limit\n)?(bash: [^\n]*(too many|exceeded)[^\n]*\n)?$/;

/** Our own limits rule: wall-clock, memory, output. just-bash's counters are put out of the way. */
function wideLimits(fileSystemBytes: number): BashOptions["executionLimits"] & object {
  return {
    maxCommandCount: UNLIMITED,
    maxLoopIterations: UNLIMITED,
    maxAwkIterations: UNLIMITED,
    maxSedIterations: UNLIMITED,
    maxJqIterations: UNLIMITED,
    maxWorkUnits: UNLIMITED,
    maxTraversalWork: UNLIMITED,
    maxGlobOperations: UNLIMITED,
    maxAwkParserOperations: UNLIMITED,
    maxExecutionTimeMs: UNLIMITED,
    maxPythonTimeoutMs: LONGEST_MS,
    maxSqliteTimeoutMs: LONGEST_MS,
    maxFileSystemBytes: fileSystemBytes,
    maxStringLength: 256 * 1024 * 1024,
    maxLiveBytes: 1024 * 1024 * 1024,
  };
}

/**
 * Lets a command end itself at its deadline and keep what it printed: its counters' limits become 0.
 * just-bash's own deadline would throw the output away, and an abort signal needs an event loop that a busy shell never reaches.
 */
function stopWhenOver(bash: Bash, remainingMs: () => number): void {
  const limits: unknown = Reflect.get(bash, "limits");
  if (typeof limits !== "object" || limits === null) throw new Error("just-bash has no limits to set.");
  for (const name of ["maxCommandCount", "maxLoopIterations"]) {
    Object.defineProperty(limits, name, { get: () => (remainingMs() === 0 ? 0 : UNLIMITED) });
  }
  for (const name of ["maxPythonTimeoutMs", "maxSqliteTimeoutMs"]) {
    Object.defineProperty(limits, name, { get: () => Math.max(1, remainingMs()) });
  }
}

/** The output as it was logged: the result's has been decoded once more, which turns a printed "Ã©" into "é". */
function lastPrinted(onExit: (printed: { stdout: string; stderr: string }) => void) {
  let pending = { stdout: "", stderr: "" };
  const note = (message: string, data?: Record<string, unknown>): void => {
    const output = data?.["output"];
    if ((message === "stdout" || message === "stderr") && typeof output === "string") pending[message] = output;
    if (message !== "exit") return;
    onExit(pending);
    pending = { stdout: "", stderr: "" };
  };
  return { info: note, debug: note };
}
