/** The sandbox's file system: just-bash's, which also notes what changed and carries byte streams that no folder lists. */
import { posix } from "node:path";
import { InMemoryFs } from "just-bash";
import type { FileChange } from "./protocol.ts";

type Content = Parameters<InMemoryFs["writeFile"]>[1];
type Encoding = Parameters<InMemoryFs["writeFile"]>[2];

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** A path that is no file: what is written to it goes to `write`, what is read from it is `content`. */
export interface Stream {
  content: Uint8Array;
  write(bytes: Uint8Array): void;
}

export class JournaledFileSystem extends InMemoryFs {
  /** Streams by path: how Python's output and a session's state leave the interpreter byte for byte. */
  readonly streams = new Map<string, Stream>();
  readonly #touched = new Set<string>();
  /** What a renamed folder was known by before, by its path now. */
  readonly #movedFolders = new Map<string, string>();
  /** Whether a symbolic link was ever made here; without one, paths are what they say. */
  #hasLinks = false;

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
      this.#movedFolders.delete(path);
    } else if (stat.isSymbolicLink) {
      changes.set(path, { type: "symlink", path, target: await this.readlink(path) });
    } else if (stat.isDirectory) {
      const identity = this.#movedFolders.get(path) ?? stat.identity ?? path;
      changes.set(path, { type: "directory", path, mode: stat.mode, mtimeMs: stat.mtime.getTime(), identity });
    } else {
      const content = (await super.readFileBuffer(path)).slice();
      changes.set(path, { type: "file", path, content, mode: stat.mode, mtimeMs: stat.mtime.getTime(), identity: stat.identity ?? path });
    }
  }

  /** Makes the file system what the changes say. */
  async apply(changes: readonly FileChange[]): Promise<void> {
    for (const change of changes) {
      if (change.type === "removed") await super.rm(change.path, { recursive: true, force: true });
      else if (change.type === "symlink") {
        await super.symlink(change.target, change.path);
        this.#hasLinks = true;
      } else {
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

  /** Where a write to `path` lands: the base class would put a file or folder in the place of a symbolic link. */
  async #target(path: string): Promise<string> {
    if (!this.#hasLinks) return path;
    let target = "/";
    const parts = path.split("/").filter(Boolean);
    for (let followed = 0, part = parts.shift(); part !== undefined; part = parts.shift()) {
      const next = posix.join(target, part);
      const stat = await super.lstat(next).catch(() => undefined);
      if (!stat?.isSymbolicLink) {
        target = next;
        continue;
      }
      if (++followed > MAX_LINKS) throw new Error(`ELOOP: too many levels of symbolic links, open '${path}'`);
      const linked = posix.resolve(target, await super.readlink(next));
      parts.unshift(...linked.split("/").filter(Boolean));
      target = "/";
    }
    return target;
  }

  /** The same for the folder that `path` is in; a link of this name is itself what is meant. */
  async #inTarget(path: string): Promise<string> {
    return posix.join(await this.#target(posix.dirname(path)), posix.basename(path));
  }

  /** The base class would replace a folder by the file. */
  async #refuseFolder(path: string): Promise<void> {
    const stat = await this.stat(path).catch(() => undefined);
    if (stat?.isDirectory) throw new Error(`EISDIR: illegal operation on a directory, open '${path}'`);
  }

  /** The base class would make folders below a file. */
  async #refuseFileOnTheWay(path: string): Promise<void> {
    for (let at = posix.dirname(path); at !== "/"; at = posix.dirname(at)) {
      const stat = await super.stat(at).catch(() => undefined);
      if (stat && !stat.isDirectory) throw new Error(`ENOTDIR: not a directory, mkdir '${path}'`);
    }
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
    const target = await this.#target(path);
    await this.#refuseFolder(target);
    const before = await super.stat(target).catch(() => undefined);
    await super.writeFile(target, content, options);
    // The base class makes a new file each time.
    if (before) await super.chmod(target, before.mode);
    await this.#touch(target);
  }

  override async appendFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const stream = this.streams.get(path);
    if (stream) return stream.write(toBytes(content, options));
    const target = await this.#target(path);
    await this.#refuseFolder(target);
    await super.appendFile(target, content, options);
    await this.#touch(target);
  }

  override async mkdir(path: string, options?: Parameters<InMemoryFs["mkdir"]>[1]): Promise<void> {
    // A link at the end of the path is left to the base class, which refuses it or, with `recursive`, takes it for the folder.
    const target = options?.recursive ? await this.#target(path) : await this.#inTarget(path);
    await this.#refuseFileOnTheWay(target);
    await super.mkdir(target, options);
    await this.#touch(target);
  }

  override async rm(path: string, options?: Parameters<InMemoryFs["rm"]>[1]): Promise<void> {
    const target = await this.#inTarget(path);
    this.#touchTree(target);
    await super.rm(target, options);
  }

  override async cp(from: string, to: string, options?: Parameters<InMemoryFs["cp"]>[2]): Promise<void> {
    const target = await this.#inTarget(to);
    await super.cp(from, target, options);
    await this.#touch(target);
    this.#touchTree(target);
  }

  override async mv(from: string, to: string): Promise<void> {
    const source = await this.#inTarget(from);
    const target = await this.#inTarget(to);
    const moved = await this.lstat(source).catch(() => undefined);
    const identity = this.#movedFolders.get(source) ?? moved?.identity;
    this.#touchTree(source);
    await super.mv(source, target);
    if (moved?.isDirectory && identity !== undefined) {
      // The base class makes a new folder and moves what is in it.
      await super.utimes(target, moved.mtime, moved.mtime);
      this.#movedFolders.set(target, identity);
    }
    this.#touchTree(target);
  }

  override async chmod(path: string, mode: number): Promise<void> {
    const target = await this.#target(path);
    await super.chmod(target, mode);
    await this.#touch(target);
  }

  override async utimes(path: string, accessed: Date, modified: Date): Promise<void> {
    const target = await this.#target(path);
    await super.utimes(target, accessed, modified);
    await this.#touch(target);
  }

  override async symlink(target: string, path: string): Promise<void> {
    const own = await this.#inTarget(path);
    await super.symlink(target, own);
    this.#hasLinks = true;
    this.#touched.add(own);
  }

  override async link(existing: string, path: string): Promise<void> {
    const target = await this.#inTarget(path);
    await super.link(existing, target);
    await this.#touch(target);
  }
}

/** just-bash hands over bytes, text, or bytes as the characters 0–255 of a string. */
function toBytes(content: Content, options: Encoding): Uint8Array {
  if (typeof content !== "string") return content.slice();
  const encoding = typeof options === "string" ? options : (options?.encoding ?? "utf8");
  return new Uint8Array(Buffer.from(content, encoding));
}
