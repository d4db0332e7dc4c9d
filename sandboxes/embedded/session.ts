/**
 * Sessions: just-bash forgets the folder, variables and functions after every call, so a session's state is
 * written by the shell itself after a command and read by it before the next.
 */
import { parse, serialize, type CommandNode } from "just-bash";
import type { JournaledFileSystem } from "./file-system.ts";
import type { ExecuteRequest, SessionState } from "./protocol.ts";

const SAVED = "/dev/assay-session-saved";
const RESTORED = "/dev/assay-session-restored";

/** What the shell sets by itself; restoring it fails or misleads. */
const OWN_VARIABLES =
  /^(BASH.*|SHELLOPTS|EUID|UID|PPID|PIPESTATUS|FUNCNAME|DIRSTACK|GROUPS|LINENO|RANDOM|SECONDS|EPOCH.*|SRANDOM|_|__assay_.*)$/;
/** Options of `set` that just-bash obeys; it prints all of them as off, so they are read from SHELLOPTS. */
const OPTIONS = ["errexit", "nounset", "pipefail", "xtrace", "noglob", "noclobber", "allexport"];

interface Prepared {
  script: string;
  options: { cwd?: string; env?: Record<string, string>; replaceEnv?: boolean };
}

/** Wraps a command so that its own variables are exported and, in a session, that it starts from the session's state and saves the new one. */
export function prepareScript(files: JournaledFileSystem, request: ExecuteRequest): Prepared {
  const { script, cwd, env, session } = request;
  files.streams.delete(SAVED);
  const names = Object.keys(env ?? {}).filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const exported = names.length > 0 ? `export ${names.join(" ")}; ${script}` : script;
  const own = { ...(cwd !== undefined && { cwd }), ...(env && { env }) };
  if (!session) return { script: exported, options: own };
  if (session.saved === "") {
    files.streams.set(SAVED, savedStream());
    return { script: `${exported}\n\n${saving()}`, options: own };
  }
  files.streams.set(RESTORED, { content: new TextEncoder().encode(restoring(session, own)), write: () => {} });
  const restored = `. ${RESTORED}; ${script}`;
  // A folder or variables of the command's own end with it, so the session's state stays what it was.
  if (cwd !== undefined || env) return { script: restored, options: { replaceEnv: true } };
  files.streams.set(SAVED, savedStream());
  return { script: `${restored}\n\n${saving()}`, options: { replaceEnv: true } };
}

/** The state that the last command saved; undefined where it did not get that far. */
export function readSession(files: JournaledFileSystem, request: ExecuteRequest): SessionState | undefined {
  const stream = files.streams.get(SAVED);
  if (!request.session || !stream || stream.content.length === 0) return undefined;
  const saved = new TextDecoder().decode(stream.content);
  const living = new Set([...saved.matchAll(/^declare -f (.+)$/gm)].map((match) => match[1]));
  const functions = { ...request.session.functions, ...functionsOf(request.script) };
  return { saved, functions: Object.fromEntries(Object.entries(functions).filter(([name]) => living.has(name))) };
}

/** just-bash cannot print a function's body, so it is taken from the script that defines it. */
function functionsOf(script: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (isFunction(node)) found[node.name] = serializeCommand(node);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parse(script));
  return found;
}

function isFunction(node: object): node is Extract<CommandNode, { type: "FunctionDef" }> {
  return "type" in node && node.type === "FunctionDef";
}

function serializeCommand(command: CommandNode): string {
  const statement = {
    type: "Statement" as const,
    pipelines: [{ type: "Pipeline" as const, commands: [command], negated: false }],
    operators: [],
    background: false,
  };
  return serialize({ type: "Script", statements: [statement] });
}

function savedStream(): { content: Uint8Array; write(bytes: Uint8Array): void } {
  const stream = {
    content: new Uint8Array(),
    write: (bytes: Uint8Array) => void (stream.content = new Uint8Array(Buffer.concat([stream.content, bytes]))),
  };
  return stream;
}

function saving(): string {
  const parts = ["declare -p", "shopt -p", "declare -F", 'printf "cd -- %q\\n" "$PWD"', 'echo "(exit $__assay_status)"'];
  return `__assay_status=$?; { ${parts.join("; ")}; } > ${SAVED} 2>/dev/null; (exit $__assay_status)`;
}

function restoring(session: SessionState, own: Prepared["options"]): string {
  const declared = session.saved.split("\n").filter((line) => isRestored(line));
  const options = /^declare -r SHELLOPTS="(.*)"$/m.exec(session.saved)?.[1]?.split(":") ?? [];
  const exported = Object.entries(own.env ?? {}).map(([name, value]) => `export ${name}=${quote(value)}`);
  return [
    ...Object.values(session.functions),
    ...OPTIONS.filter((name) => options.includes(name)).map((name) => `set -o ${name}`),
    ...declared,
    ...exported,
    ...(own.cwd === undefined ? [] : [`cd -- ${quote(own.cwd)}`]),
  ].join("\n");
}

function isRestored(line: string): boolean {
  const declared = /^declare -([a-zA-Z-]+) ([^ =]+)/.exec(line);
  if (!declared) return true;
  const [, flags = "", name = ""] = declared;
  return !/[rfF]/.test(flags) && /^[A-Za-z_]\w*$/.test(name) && !OWN_VARIABLES.test(name);
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
