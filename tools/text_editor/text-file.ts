/** Text files of the sandbox, as the sandbox's user may read and write them. */
import { isUtf8 } from "node:buffer";
import { AssayError, type Sandbox, type ToolOutput } from "../../src/index.ts";

export interface PathState {
  kind: "file" | "directory" | "missing" | "other";
  /** Absolute, symbolic links followed. */
  path: string;
  /** Octal digits; empty where it is missing. */
  mode: string;
  isReadable: boolean;
  /** For a missing path: whether its nearest existing folder is writable. */
  isWritable: boolean;
}

// Asked of the sandbox's own user: a backend may read and write files by other means, with more rights than the model has.
const INSPECT = `
path=$(readlink -f -- "$1" 2>/dev/null); [ -n "$path" ] || path=$1
near=$path
while [ ! -e "$near" ] && [ "$near" != / ]; do near=$(dirname -- "$near"); done
if [ -d "$path" ]; then kind=directory; elif [ -f "$path" ]; then kind=file; elif [ -e "$path" ]; then kind=other; else kind=missing; fi
mode=; [ "$kind" = missing ] || mode=$(stat -c %a -- "$path")
readable=no; [ -r "$near" ] && readable=yes
writable=no; [ -w "$near" ] && writable=yes
printf '%s\\n' "$kind" "$mode" "$readable" "$writable" "$path"`;

export async function inspectPath(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<PathState> {
  const result = await sandbox.exec(["sh", "-c", INSPECT, "sh", path], { signal });
  const [kind, mode = "", readable, writable, ...rest] = Buffer.from(result.stdout).toString("utf8").replace(/\n$/, "").split("\n");
  if (kind !== "file" && kind !== "directory" && kind !== "missing" && kind !== "other") {
    throw new AssayError(
      "sandbox/path",
      `${path} cannot be looked at: ${Buffer.from(result.stderr).toString("utf8").trim() || "no answer from the shell"}.`,
    );
  }
  return { kind, path: rest.join("\n"), mode, isReadable: readable === "yes", isWritable: writable === "yes" };
}

/** Why a path cannot be used so; undefined where it can. */
export function refusalOf(state: PathState, shownPath: string, use: "view" | "edit" | "create"): ToolOutput | undefined {
  if (state.kind === "other") return { failure: "failed", text: `${shownPath} is neither a file nor a folder.` };
  if (state.kind === "directory" && use !== "view") return { failure: "failed", text: `${shownPath} is a folder, not a file.` };
  if (state.kind === "missing" && use !== "create") return { failure: "failed", text: `${shownPath} does not exist.` };
  if (use !== "create" && !state.isReadable) return { failure: "denied", text: `${shownPath} cannot be read: permission denied.` };
  if (use !== "view" && !state.isWritable) return { failure: "denied", text: `${shownPath} cannot be written: permission denied.` };
  return undefined;
}

/** A file's text with `\n` as line end, and the line end it has on disk where that is the same throughout. */
export interface FileText {
  text: string;
  lineEnd: "\n" | "\r\n";
}

/** Undefined for a file that is not UTF-8 text. */
export function decodeText(content: Uint8Array): FileText | undefined {
  if (!isUtf8(content) || content.includes(0)) return undefined;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
  const isCrlf = text.includes("\r\n") && !/(?<!\r)\n/.test(text);
  return isCrlf ? { text: text.replaceAll("\r\n", "\n"), lineEnd: "\r\n" } : { text, lineEnd: "\n" };
}

export function encodeText({ text, lineEnd }: FileText): Uint8Array {
  return Buffer.from(lineEnd === "\n" ? text : text.replaceAll("\n", lineEnd), "utf8");
}

/** Files and folders down to two levels, hidden ones left out, folders with a slash at the end. */
export async function listFolder(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<ToolOutput> {
  const prefix = path === "/" ? path : `${path}/`;
  const find = async (...type: string[]) => {
    const { stdout } = await sandbox.exec(["find", prefix, "-mindepth", "1", "-maxdepth", "2", ...type], { signal });
    const names = Buffer.from(stdout).toString("utf8").split("\n");
    return names.filter(
      (name) =>
        name.startsWith(prefix) &&
        !name
          .slice(prefix.length)
          .split("/")
          .some((part) => part.startsWith(".")),
    );
  };
  const entries = [...(await find("-type", "d")).map((name) => `${name}/`), ...(await find("!", "-type", "d"))].sort();
  const head = `${path}, two levels, without hidden entries:`;
  return { text: entries.length === 0 ? `${head}\n(nothing)` : [head, ...entries].join("\n") };
}
