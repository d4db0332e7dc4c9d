/** A trial's sandbox as tools and scorers see it: every command goes into the trace, whole. */
import type { ExecOptions, ExecResult, Sandbox, Shell } from "../../core/sandbox.ts";
import type { EventFields } from "../../core/trace.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";

export interface ExecScope {
  phase: EventFields<"sandbox.exec">["phase"];
  /** The tool call that is being executed, where there is one. */
  call?: number;
}

/** Wraps `sandbox`; `scope` is asked at each command what the command belongs to. Disposing of the wrapper leaves the sandbox alone. */
export function recordedSandbox(sandbox: Sandbox, recorder: TrialRecorder, scope: () => ExecScope): Sandbox {
  const record = (command: string | readonly string[], options: ExecOptions, result: ExecResult) => {
    recorder.event("sandbox.exec", {
      ...scope(),
      command: typeof command === "string" ? command : [...command],
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.stdin !== undefined && { stdin: recorder.content(options.stdin) }),
      stdout: recorder.content(result.stdout),
      stderr: recorder.content(result.stderr),
      exitCode: result.exitCode,
      ...(result.signal !== undefined && { signal: result.signal }),
      timedOut: result.timedOut,
      truncated: result.truncated,
      droppedBytes: result.droppedBytes,
      ...(result.oomKilled !== undefined && { oomKilled: result.oomKilled }),
      durationMs: result.durationMs,
    });
    return result;
  };
  return {
    id: sandbox.id,
    workdir: sandbox.workdir,
    applied: sandbox.applied,
    exec: async (command, options = {}) => record(command, options, await sandbox.exec(command, options)),
    shell: async (options) => recordedShell(await sandbox.shell(options), record),
    readFile: (path) => sandbox.readFile(path),
    writeFile: (path, content, options) => sandbox.writeFile(path, content, options),
    upload: (tar, options) => sandbox.upload(tar, options),
    download: (path) => sandbox.download(path),
    listFiles: (folders, options) => sandbox.listFiles(folders, options),
    readFiles: (paths, options) => sandbox.readFiles(paths, options),
    ...recordedVerifier(sandbox, record),
    ...(sandbox.snapshot && { snapshot: sandbox.snapshot.bind(sandbox) }),
    [Symbol.asyncDispose]: async () => {},
  };
}

function recordedVerifier(
  { verify }: Sandbox,
  record: (command: string | readonly string[], options: ExecOptions, result: ExecResult) => ExecResult,
): Pick<Sandbox, "verify"> {
  if (!verify) return {};
  return {
    async verify(request) {
      const result = await verify(request);
      const { stdin } = request;
      record(request.command, { user: result.user, ...(stdin !== undefined && { stdin }) }, result);
      return result;
    },
  };
}

function recordedShell(shell: Shell, record: (command: string, options: ExecOptions, result: ExecResult) => ExecResult): Shell {
  return {
    exec: async (command, options = {}) => record(command, options, await shell.exec(command, options)),
    [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose](),
  };
}
