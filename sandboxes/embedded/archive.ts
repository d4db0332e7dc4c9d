/** Tar archives in and out of the sandbox's file system. */
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { posix } from "node:path";
import { extract, pack, type Pack } from "tar-stream";
import type { JournaledFileSystem } from "./file-system.ts";

/** Packs a file or folder, entries relative to the parent of `path`. */
export async function packTree(files: JournaledFileSystem, path: string): Promise<Uint8Array> {
  const archive = pack();
  const packed = buffer(archive);
  const root = posix.dirname(path);
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    await packEntry(files, archive, next, posix.relative(root, next) || ".");
    if ((await files.lstat(next)).isDirectory) {
      const folder = next;
      pending.push(...(await files.readdir(next)).map((name) => posix.join(folder, name)));
    }
  }
  archive.finalize();
  return new Uint8Array(await packed);
}

async function packEntry(files: JournaledFileSystem, archive: Pack, path: string, name: string): Promise<void> {
  const stat = await files.lstat(path);
  const header = { name, mode: stat.mode & 0o7777, mtime: stat.mtime };
  if (stat.isDirectory) archive.entry({ ...header, type: "directory" });
  else if (stat.isSymbolicLink) archive.entry({ ...header, type: "symlink", linkname: await files.readlink(path) });
  else archive.entry(header, Buffer.from(await files.readFileBuffer(path)));
}

/** Unpacks into a folder, creating it. Names that lead out of the folder stay inside it, as with `..` at the root of a file system. */
export async function unpackTree(files: JournaledFileSystem, tar: Uint8Array, into: string): Promise<void> {
  await files.mkdir(into, { recursive: true });
  for await (const entry of Readable.from([Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)]).pipe(extract())) {
    const { name, type, mode, mtime, linkname } = entry.header;
    const path = posix.join(into, posix.resolve("/", name));
    const content = await buffer(entry);
    if (type === "directory") {
      await files.mkdir(path, { recursive: true });
    } else {
      await files.mkdir(posix.dirname(path), { recursive: true });
      if (type === "symlink" || type === "link") await files.rm(path, { force: true });
      if (type === "symlink") {
        await files.symlink(linkname ?? "", path);
        continue;
      }
      if (type === "link") await files.link(posix.join(into, posix.resolve("/", linkname ?? "")), path);
      else await files.writeFile(path, new Uint8Array(content));
    }
    if (mode !== undefined) await files.chmod(path, mode & 0o7777);
    if (mtime) await files.utimes(path, mtime, mtime);
  }
}
