/** The files and folders that one verifier is given, whatever puts them there: for its own user alone. */
import { posix } from "node:path";
import type { FileContent } from "../../../src/index.ts";

export interface VerifierFolders {
  own: string;
  files: string;
  command: string;
  home: string;
  temporary: string;
  results: string;
}

/** Of a result file that a verifier leaves; a larger one is none. */
export const MAX_LEFT_BYTES = 16 * 1024 * 1024;

/** Of one verifier: what it is given is in `own`, what it writes in `work`. */
export function foldersIn(own: string, work: string): VerifierFolders {
  return {
    own,
    files: `${own}/files`,
    command: `${own}/command.sh`,
    home: `${work}/home`,
    temporary: `${work}/tmp`,
    results: `${work}/results`,
  };
}

export interface VerifierEntry {
  path: string;
  type: "directory" | "file";
  mode: number;
  content: Buffer;
}

/** Parents first. */
export function verifierEntries(
  folders: VerifierFolders,
  files: Readonly<Record<string, FileContent>>,
  command: string | undefined,
): VerifierEntry[] {
  const entries = new Map<string, VerifierEntry>();
  const addFolder = (path: string): void => {
    if (!entries.has(path)) entries.set(path, { path, type: "directory", mode: 0o700, content: Buffer.alloc(0) });
  };
  const addFile = (path: string, content: FileContent): void =>
    void entries.set(path, { path, type: "file", mode: modeOf(content), content: bytesOf(content) });
  for (const path of [folders.own, folders.files, posix.dirname(folders.home), folders.home, folders.temporary, folders.results])
    addFolder(path);
  if (command !== undefined) addFile(folders.command, command);
  for (const [path, content] of Object.entries(files)) {
    // Names that lead out of the folder stay inside it.
    const inside = posix.resolve("/", path);
    for (const parent of parentsOf(inside)) addFolder(`${folders.files}${parent}`);
    addFile(`${folders.files}${inside}`, content);
  }
  return [...entries.values()];
}

function parentsOf(path: string): string[] {
  const parts = posix.dirname(path).split("/").filter(Boolean);
  return parts.map((_part, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

/** Of the owner's rights those that were asked for; nobody else has any. */
function modeOf(content: FileContent): number {
  return ((typeof content === "string" ? undefined : content.mode) ?? 0o600) & 0o700;
}

function bytesOf(content: FileContent): Buffer {
  if (typeof content === "string") return Buffer.from(content);
  return "text" in content ? Buffer.from(content.text) : Buffer.from(content.base64, "base64");
}
