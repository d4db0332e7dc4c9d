/** Listings and contents out of the host's own copy of the files: no request to the worker, which may be busy. */
import type { FileEntry, FileListing, ListFilesOptions, ReadFilesOptions } from "../../src/index.ts";
import type { FileChange } from "./protocol.ts";

/** A path as it is, and when it became so by a clock that never stands still. */
export type KeptFile = Exclude<FileChange, { type: "removed" }> & { changedAtMs: number };

/** What a shell expects to exist and no task writes. */
const LEFT_OUT = ["/proc", "/sys", "/dev"];
const LINK_MODE = 0o777;

export function listKeptFiles(
  files: ReadonlyMap<string, KeptFile>,
  folders: readonly string[],
  { maxEntries, changedSinceMs = -Infinity }: ListFilesOptions,
  takenAtMs: number,
): FileListing {
  const listing: FileListing = { entries: [], takenAtMs, clockStepMs: 0, isTruncated: false, unreadable: [], leftOut: LEFT_OUT };
  for (const file of files.values()) {
    if (file.changedAtMs < changedSinceMs || isBelow(file.path, LEFT_OUT) || !isBelow(file.path, folders)) continue;
    if (listing.entries.length === maxEntries) {
      listing.isTruncated = true;
      break;
    }
    listing.entries.push(entryOf(file));
  }
  return listing;
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => folder === "/" || path === folder || path.startsWith(`${folder}/`));
}

function entryOf(file: KeptFile): FileEntry {
  const { path, changedAtMs } = file;
  if (file.type === "symlink") {
    const sizeBytes = Buffer.byteLength(file.target);
    return { path, kind: "link", sizeBytes, mode: LINK_MODE, inode: path, changedAtMs, modifiedAtMs: changedAtMs, target: file.target };
  }
  const { mode, mtimeMs: modifiedAtMs, identity: inode } = file;
  if (file.type === "directory") return { path, kind: "folder", sizeBytes: 0, mode, inode, changedAtMs, modifiedAtMs };
  return { path, kind: "file", sizeBytes: file.content.length, mode, inode, changedAtMs, modifiedAtMs };
}

export function readKeptFiles(
  files: ReadonlyMap<string, KeptFile>,
  paths: readonly string[],
  { maxBytes }: ReadFilesOptions,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const path of paths) {
    const file = files.get(path);
    if (file?.type !== "file" || bytes + file.content.length > maxBytes) continue;
    bytes += file.content.length;
    // A copy: the original belongs to the sandbox, and is where a new worker begins.
    found.set(path, file.content.slice());
  }
  return found;
}
