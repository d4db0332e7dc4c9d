/** Archives that go into a container and come out of it, by the engine's archive API. */
import { posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Container } from "dockerode";
import { extract, pack } from "tar-stream";
import { AssayError } from "../../../src/index.ts";
import { engineStatus, oneLine } from "../engine/engine.ts";
import { gone, isContainerRunning } from "../engine/living.ts";

export interface ArchiveTarget {
  container: Container;
  /** Who owns what is written. */
  uid: number;
  gid: number;
}

/** Beyond this a file of the sandbox is refused: its size is the model's choice, our memory is not. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
const MODE_WITHOUT_SETUID = 0o1777;

/** Whether a path lies in what the engine mounts for the running container alone: the archive API shows something else there. */
export function isHiddenFromArchives(path: string): boolean {
  return /^\/(dev|proc|sys)(\/|$)/.test(path);
}

/** Unpacks an archive into a folder of which `base` exists; everything belongs to the user. */
export async function putOwned(target: ArchiveTarget, { base, folder, tar }: { base: string; folder: string; tar: Buffer }): Promise<void> {
  try {
    await target.container.putArchive(await ownedArchive(target, tar, posix.relative(base, folder)), { path: base });
  } catch (error) {
    if (!(await isContainerRunning(target.container))) throw gone(error);
    throw pathError(folder, `cannot be written: ${oneLine(error)}`);
  }
}

/** An archive again, with every entry the user's and below the folder `below`. */
export async function ownedArchive(owner: { uid: number; gid: number }, tar: Buffer, below: string): Promise<Buffer> {
  const archive = pack();
  const packed = buffer(archive);
  // The extended header would say the old name and owner again.
  const own = { uid: owner.uid, gid: owner.gid, uname: "", gname: "", pax: null };
  const parts = below.split("/").filter(Boolean);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    archive.entry({ ...own, name: `${parts.slice(0, depth).join("/")}/`, type: "directory", mode: 0o755 });
  }
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const { header } = entry;
    // The Engine would make them with its own rights: no sandbox packs a device that another could use.
    if (header.type === "block-device" || header.type === "character-device") {
      entry.resume();
      continue;
    }
    const mode = header.mode & MODE_WITHOUT_SETUID;
    // A hard link names another entry, a symbolic one any path.
    const link = header.type === "link" && header.linkname ? { linkname: inside(below, header.linkname) } : {};
    archive.entry({ ...header, ...own, mode, name: inside(below, header.name), ...link }, await buffer(entry));
  }
  archive.finalize();
  return packed;
}

/** An entry's name below a folder: what would lead out of it stays in it. */
function inside(folder: string, name: string): string {
  return posix.join(folder, posix.resolve("/", name).slice(1), name.endsWith("/") ? "/" : "");
}

/** Packs a file or folder, entries relative to its parent. */
export async function download(container: Container, path: string): Promise<Uint8Array> {
  try {
    const stream = await container.getArchive({ path });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      const piece = Buffer.from(chunk);
      bytes += piece.length;
      if (bytes > MAX_FILE_BYTES) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
      chunks.push(piece);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof AssayError) throw error;
    if (!(await isContainerRunning(container))) throw gone(error);
    throw pathError(path, engineStatus(error) === 404 ? "does not exist" : `cannot be read: ${oneLine(error)}`);
  }
}

export function pathError(path: string, reason: string): AssayError {
  return new AssayError("sandbox/path", `"${path}" in the sandbox ${reason}.`);
}
