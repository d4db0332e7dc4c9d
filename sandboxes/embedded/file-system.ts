/** The sandbox's file system: just-bash's, which also notes what changed and carries byte streams that no folder lists. */
import { InMemoryFs } from "just-bash";
import type { FileChange } from "./protocol.ts";

type Content = Parameters<InMemoryFs["writeFile"]>[1];
type Encoding = Parameters<InMemoryFs["writeFile"]>[2];

/** A path that is no file: what is written to it goes to `write`, what is read from it is `content`. */
export interface Stream {
  content: Uint8Array;
  write(bytes: Uint8Array): void;
}

export class JournaledFileSystem extends InMemoryFs {
  /** Streams by path: how Python's output and a session's state leave the interpreter byte for byte. */
  readonly streams = new Map<string, Stream>();
  readonly #touched = new Set<string>();

  /** What changed since the last call, parents before children. */
  async takeChanges(): Promise<FileChange[]> {
    const changes = new Map<string, FileChange>();
    const touched = [...this.#touched].toSorted();
    this.#touched.clear();
    for (const path of touched) await this.#describe(path, changes);
    return [...changes.values()];
  }

  async #describe(path: string, changes: Map<string, FileChange>): Promise<void> {
    if (changes.get(path)?.type === "file") return;
    const stat = await this.lstat(path).catch(() => undefined);
    if (!stat) {
      changes.set(path, { type: "removed", path });
    } else if (stat.isSymbolicLink) {
      changes.set(path, { type: "symlink", path, target: await this.readlink(path) });
    } else if (stat.isDirectory) {
      changes.set(path, { type: "directory", path, mode: stat.mode, mtimeMs: stat.mtime.getTime() });
    } else {
      const content = (await super.readFileBuffer(path)).slice();
      changes.set(path, { type: "file", path, content, mode: stat.mode, mtimeMs: stat.mtime.getTime(), identity: stat.identity ?? path });
    }
  }

  /** Makes the file system what the changes say. */
  async apply(changes: readonly FileChange[]): Promise<void> {
    for (const change of changes) {
      if (change.type === "removed") await super.rm(change.path, { recursive: true, force: true });
      else if (change.type === "symlink") await super.symlink(change.target, change.path);
      else {
        if (change.type === "directory") await super.mkdir(change.path, { recursive: true });
        else await super.writeFile(change.path, change.content);
        await super.chmod(change.path, change.mode);
        await super.utimes(change.path, new Date(change.mtimeMs), new Date(change.mtimeMs));
      }
    }
    this.#touched.clear();
  }

  /** Notes a path and, since a write may have made them, its parents. */
  async #touch(path: string): Promise<void> {
    const real = await this.realpath(path).catch(() => path);
    for (let at = real; at !== "/" && !this.#touched.has(at); at = at.slice(0, at.lastIndexOf("/")) || "/") this.#touched.add(at);
  }

  /** Notes a path, whatever it links to, and all that lies below it. */
  #touchTree(path: string): void {
    const prefix = `${path}/`;
    this.#touched.add(path);
    for (const other of this.getAllPaths()) if (other.startsWith(prefix)) this.#touched.add(other);
  }

  /** The base class would replace a folder by the file. */
  async #refuseFolder(path: string): Promise<void> {
    const stat = await this.stat(path).catch(() => undefined);
    if (stat?.isDirectory) throw new Error(`EISDIR: illegal operation on a directory, open '${path}'`);
  }

  override async readFileBuffer(path: string): Promise<Uint8Array> {
    return this.streams.get(path)?.content ?? super.readFileBuffer(path);
  }

  override async readFile(path: string, options?: Parameters<InMemoryFs["readFile"]>[1]): Promise<string> {
    const stream = this.streams.get(path);
    return stream ? new TextDecoder().decode(stream.content) : super.readFile(path, options);
  }

  override async exists(path: string): Promise<boolean> {
    return this.streams.has(path) || super.exists(path);
  }

  override async stat(path: string): ReturnType<InMemoryFs["stat"]> {
    const stream = this.streams.get(path);
    if (!stream) return super.stat(path);
    return { isFile: true, isDirectory: false, isSymbolicLink: false, mode: 0o600, size: stream.content.length, mtime: new Date(0) };
  }

  override async writeFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const stream = this.streams.get(path);
    if (stream) return stream.write(toBytes(content, options));
    await this.#refuseFolder(path);
    await super.writeFile(path, content, options);
    await this.#touch(path);
  }

  override async appendFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const stream = this.streams.get(path);
    if (stream) return stream.write(toBytes(content, options));
    await this.#refuseFolder(path);
    await super.appendFile(path, content, options);
    await this.#touch(path);
  }

  override async mkdir(path: string, options?: Parameters<InMemoryFs["mkdir"]>[1]): Promise<void> {
    await super.mkdir(path, options);
    await this.#touch(path);
  }

  override async rm(path: string, options?: Parameters<InMemoryFs["rm"]>[1]): Promise<void> {
    this.#touchTree(path);
    await super.rm(path, options);
  }

  override async cp(from: string, to: string, options?: Parameters<InMemoryFs["cp"]>[2]): Promise<void> {
    await super.cp(from, to, options);
    await this.#touch(to);
    this.#touchTree(to);
  }

  override async mv(from: string, to: string): Promise<void> {
    this.#touchTree(from);
    await super.mv(from, to);
    this.#touchTree(to);
  }

  override async chmod(path: string, mode: number): Promise<void> {
    await super.chmod(path, mode);
    await this.#touch(path);
  }

  override async utimes(path: string, accessed: Date, modified: Date): Promise<void> {
    await super.utimes(path, accessed, modified);
    await this.#touch(path);
  }

  override async symlink(target: string, path: string): Promise<void> {
    await super.symlink(target, path);
    this.#touched.add(path);
  }

  override async link(existing: string, path: string): Promise<void> {
    await super.link(existing, path);
    await this.#touch(path);
  }
}

/** just-bash hands over bytes, text, or bytes as the characters 0–255 of a string. */
function toBytes(content: Content, options: Encoding): Uint8Array {
  if (typeof content !== "string") return content.slice();
  const encoding = typeof options === "string" ? options : (options?.encoding ?? "utf8");
  return new Uint8Array(Buffer.from(content, encoding));
}
