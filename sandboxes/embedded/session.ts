/**
 * Sessions: just-bash forgets the folder, variables and functions after every call, so a session's state is
 * written by the shell itself after a command and read by it before the next.
 */
import type { JournaledFileSystem } from "./file-system.ts";
import type { ExecuteRequest } from "./protocol.ts";

const SAVED = "/dev/assay-session-saved";
const RESTORED = "/dev/assay-session-restored";

/** What the shell sets by itself; restoring it fails or misleads. */
const OWN_VARIABLES = /^(BASH.*|SHELLOPTS|EUID|UID|PPID|PIPESTATUS|FUNCNAME|DIRSTACK|GROUPS|LINENO|RANDOM|SECONDS|EPOCH.*|SRANDOM|_|__assay_.*)$/;

interface Prepared {
  script: string;
  options: { cwd?: string; env?: Record<string, string>; replaceEnv?: boolean };
}

/** Wraps a session's command so that it starts from the session's state and saves the new one. */
export function withSession(files: JournaledFileSystem, request: ExecuteRequest): Prepared {
  const options = { ...(request.cwd && { cwd: request.cwd }), ...(request.env && { env: request.env }) };
  files.streams.delete(SAVED);
  if (request.session === undefined) return { script: request.script, options };
  const isNew = request.session === "";
  files.streams.set(RESTORED, { content: new TextEncoder().encode(restoring(request.session, options)), write: () => {} });
  const script = `. ${RESTORED}; ${request.script}`;
  // A folder or variables of the command's own end with it, so the session's state stays what it was.
  if (!isNew && (request.cwd || request.env)) return { script, options: { replaceEnv: true } };
  files.streams.set(SAVED, savedStream());
  return { script: `${script}\n\n${saving()}`, options: isNew ? options : { replaceEnv: true } };
}

/** The state that the last command saved; undefined where it did not get that far. */
export function readSession(files: JournaledFileSystem): string | undefined {
  const saved = files.streams.get(SAVED);
  return saved && saved.content.length > 0 ? new TextDecoder().decode(saved.content) : undefined;
}

function savedStream(): { content: Uint8Array; write(bytes: Uint8Array): void } {
  const stream = {
    content: new Uint8Array(),
    write: (bytes: Uint8Array) => void (stream.content = new Uint8Array(Buffer.concat([stream.content, bytes]))),
  };
  return stream;
}

function saving(): string {
  const parts = ["declare -p", "echo", "shopt -p", "set +o", "declare -f", 'printf "cd -- %q\\n" "$PWD"', 'echo "(exit $__assay_status)"'];
  return `__assay_status=$?; { ${parts.join("; ")}; } > ${SAVED} 2>/dev/null; (exit $__assay_status)`;
}

function restoring(session: string, own: Prepared["options"]): string {
  const lines = session.split("\n").filter((line) => {
    const declared = /^declare -([a-zA-Z-]+) ([A-Za-z_][A-Za-z0-9_]*)/.exec(line);
    return !declared || !(declared[1]?.includes("r") || OWN_VARIABLES.test(declared[2] ?? ""));
  });
  const extra = [
    ...Object.entries(own.env ?? {}).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(own.cwd ? [`cd -- ${quote(own.cwd)}`] : []),
  ];
  return [...lines, ...(session === "" ? [] : extra)].join("\n");
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
