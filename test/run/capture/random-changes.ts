/** Random operations on files: a shell command for each, and what must be there afterwards by a model of its own. */
import { posix } from "node:path";
import fc from "fast-check";
import { sha256 } from "../../../src/core/json.ts";
import { stateOf } from "./rig.ts";

export const ROOT = "/workspace";
const NAMES = ["a", "b", "naïve 漢", "with space", "-dash", "q'uote", "d/x", "d/y", "e/deep/z"];
const name = fc.constantFrom(...NAMES);
const content = fc.constantFrom("", "one\n", "two\n", "six\n", "one\ntwo\n", "no end of line");

export const operation = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), path: name, content }),
  // The same length and an old time of writing: only the change time tells.
  fc.record({ kind: fc.constant("back-date" as const), path: name, content: fc.constantFrom("one\n", "two\n", "six\n") }),
  fc.record({ kind: fc.constant("delete" as const), path: name }),
  fc.record({ kind: fc.constant("rename" as const), path: name, to: name }),
  fc.record({ kind: fc.constant("rename-folder" as const), path: fc.constantFrom("d", "e"), to: fc.constantFrom("f", "g") }),
  fc.record({ kind: fc.constant("chmod" as const), path: name, mode: fc.constantFrom(0o600, 0o644, 0o755) }),
);
export type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface File {
  content: string;
  mode: number;
}

/** The files that must be there, by path relative to the root. */
export class Expected {
  readonly files = new Map<string, File>();
  readonly folders = new Set<string>();

  /** Applies the operation and returns the command that does it; undefined where it makes no sense now. */
  apply(operation: Operation): string | undefined {
    const { kind, path } = operation;
    const file = this.files.get(path);
    if (kind === "write" || kind === "back-date") {
      this.#makeFolders(path);
      this.files.set(path, { content: operation.content, mode: file?.mode ?? 0o644 });
      const write = `mkdir -p ${quoted(posix.dirname(path))} && printf %s ${quote(operation.content)} > ${quoted(path)}`;
      return kind === "write" ? write : `${write} && touch -d '2001-02-03 04:05:06' ${quoted(path)}`;
    }
    if (kind === "rename-folder") return this.#renameFolder(path, operation.to);
    if (!file) return undefined;
    if (kind === "chmod") {
      file.mode = operation.mode;
      return `chmod ${operation.mode.toString(8)} ${quoted(path)}`;
    }
    if (kind === "delete") {
      this.files.delete(path);
      return `rm ${quoted(path)}`;
    }
    if (operation.to === path) return undefined;
    this.files.delete(path);
    this.#makeFolders(operation.to);
    this.files.set(operation.to, file);
    return `mkdir -p ${quoted(posix.dirname(operation.to))} && mv ${quoted(path)} ${quoted(operation.to)}`;
  }

  /** Each path's state as the captures tell it. */
  states(): Map<string, string> {
    const files = [...this.files].map(
      ([path, { content: text, mode }]) => [`${ROOT}/${path}`, stateOf("file", mode, sha256(text))] as const,
    );
    const folders = [...this.folders].map((path) => [`${ROOT}/${path}`, stateOf("folder", 0o755, "")] as const);
    return new Map([...files, ...folders].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #makeFolders(path: string): void {
    for (let at = posix.dirname(path); at !== "."; at = posix.dirname(at)) this.folders.add(at);
  }

  #renameFolder(from: string, to: string): string | undefined {
    if (!this.folders.has(from) || this.folders.has(to)) return undefined;
    const moved = (path: string) => (path === from || path.startsWith(`${from}/`) ? `${to}${path.slice(from.length)}` : path);
    for (const [path, file] of this.files.entries().toArray()) {
      this.files.delete(path);
      this.files.set(moved(path), file);
    }
    const folders = [...this.folders].map(moved);
    this.folders.clear();
    for (const folder of folders) this.folders.add(folder);
    return `mv ${quoted(from)} ${quoted(to)}`;
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const quoted = (path: string): string => quote(`${ROOT}/${path}`);
