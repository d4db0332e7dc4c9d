/** A sandbox over one worker: requests run one after another, in the order in which they came. */
import { posix } from "node:path";
import { AssayError, DEFAULTS, type ExecOptions, type ExecResult, type Sandbox, type Shell } from "../../src/index.ts";
import type { ExecuteReply, FileRequest, SessionState } from "./protocol.ts";
import { gone, type Ended, type WorkerClient } from "./worker-client.ts";

/** 128 + SIGKILL, as a shell reports it. */
const KILLED = 137;

type Session = { state: SessionState };

export function createSandbox(client: WorkerClient, about: Pick<Sandbox, "id" | "workdir" | "applied">): Sandbox {
  let isDisposed = false;
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: a command that has to be ended takes its worker with it, and must not take another command. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      if (isDisposed) throw gone();
      return work();
    });
    last = turn.catch(() => {});
    return turn;
  };
  const execute = (script: string, options: ExecOptions, session?: Session): Promise<ExecResult> => {
    refuseUser(options.user);
    options.signal?.throwIfAborted();
    return inTurn(() => run(client, about.workdir, script, options, session));
  };
  const useFile = (request: FileRequest): Promise<Uint8Array> => inTurn(() => askForFile(client, request));
  const absolute = (path: string): string => posix.resolve(about.workdir, path);

  return {
    ...about,
    exec: async (command, options = {}) => execute(typeof command === "string" ? command : command.map(quote).join(" "), options),
    shell: async (options = {}) => openShell(execute, options),
    readFile: (path) => useFile({ kind: "readFile", path: absolute(path) }),
    writeFile: async (path, content, { mode = 0o644 } = {}) => {
      // A copy: the bytes are the caller's, and go to the worker.
      await useFile({ kind: "writeFile", path: absolute(path), content: toBytes(content), mode });
    },
    upload: async (tar, { into }) => void (await useFile({ kind: "upload", tar, into: absolute(into) })),
    download: (path) => useFile({ kind: "download", path: absolute(path) }),
    listFiles: async (folders, options) => client.listFiles(folders, options),
    readFiles: async (paths, options) => client.readFiles(paths, options),
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await client.close();
      await last;
    },
  };
}

async function openShell(
  execute: (script: string, options: ExecOptions, session: Session) => Promise<ExecResult>,
  first: { cwd?: string; env?: Record<string, string> },
): Promise<Shell> {
  const session: Session = { state: { saved: "", functions: {} } };
  await execute("", first, session);
  return {
    exec: async (command, options = {}) => execute(command, options, session),
    async [Symbol.asyncDispose]() {},
  };
}

async function run(client: WorkerClient, workdir: string, script: string, options: ExecOptions, session?: Session): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  const timeoutMs = options.timeoutMs ?? DEFAULTS.commandTimeoutMs;
  const startedAt = performance.now();
  const outcome = await client.request(
    {
      kind: "execute",
      script,
      timeoutMs,
      ...(options.cwd !== undefined && { cwd: posix.resolve(workdir, options.cwd) }),
      ...(options.env && { env: options.env }),
      ...(options.stdin !== undefined && { stdin: toBytes(options.stdin) }),
      ...(session && { session: session.state }),
    },
    options.signal,
  );
  options.signal?.throwIfAborted();
  if (outcome.kind === "pathError") throw new AssayError("sandbox/path", outcome.message);
  const reply = outcome.kind === "execute" ? outcome : endedReply(performance.now() - startedAt);
  if (session && reply.session !== undefined) session.state = reply.session;
  const isOutOfMemory = outcome.kind === "ended" && outcome.reason === "outOfMemory";
  return { ...toResult(reply, options), ...(isOutOfMemory && { oomKilled: true, timedOut: false }) };
}

function endedReply(durationMs: number): ExecuteReply {
  return { kind: "execute", stdout: new Uint8Array(), stderr: new Uint8Array(), exitCode: KILLED, timedOut: true, durationMs };
}

/** Where both streams are too long, each keeps half of what is allowed. */
function toResult(reply: ExecuteReply, options: ExecOptions): ExecResult {
  const { stdout, stderr, exitCode, timedOut, durationMs } = reply;
  for (const [stream, bytes] of [
    ["stdout", stdout],
    ["stderr", stderr],
  ] as const) {
    if (bytes.length > 0) options.onOutput?.(stream, bytes);
  }
  const maxBytes = options.maxOutputBytes ?? DEFAULTS.recordedBytes;
  const droppedBytes = Math.max(0, stdout.length + stderr.length - maxBytes);
  const stderrBytes = Math.min(stderr.length, Math.max(Math.floor(maxBytes / 2), maxBytes - stdout.length));
  return {
    stdout: droppedBytes > 0 ? stdout.slice(0, maxBytes - stderrBytes) : stdout,
    stderr: droppedBytes > 0 ? stderr.slice(0, stderrBytes) : stderr,
    exitCode,
    timedOut,
    truncated: droppedBytes > 0,
    droppedBytes,
    durationMs,
  };
}

async function askForFile(client: WorkerClient, request: FileRequest): Promise<Uint8Array> {
  const outcome = await client.request(request);
  if (outcome.kind === "bytes") return outcome.bytes;
  const path = request.kind === "upload" ? request.into : request.path;
  const reason = describe(outcome);
  throw new AssayError("sandbox/path", `${request.kind} ${path}: ${reason}`);
}

function describe(outcome: ExecuteReply | Ended | { kind: "pathError"; message: string }): string {
  if (outcome.kind === "pathError") return outcome.message;
  return "the sandbox ran out of memory.";
}

function refuseUser(user: string | undefined): void {
  if (user === undefined || user === "user") return;
  throw new AssayError(
    "config/unsupported",
    `The embedded sandbox has one user, "user"; a command asked for user ${JSON.stringify(user)}.`,
    {
      hint: "Run with --sandbox docker.",
    },
  );
}

function quote(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
