/** What happened between two listings of the same folders. */
import type { FileEntry, FileListing } from "../../../core/sandbox-files.ts";
import { CAPTURE_BOUNDS } from "./bounds.ts";

export interface Change {
  change: "created" | "changed" | "written" | "deleted" | "renamed";
  /** As it is now; of what was deleted, as it was. */
  entry: FileEntry;
  /** Before a rename. */
  from?: string;
}

/** What is known of the folders after a listing. */
export interface Known {
  entries: Map<string, FileEntry>;
  /** Something lies there that was never listed; from then on only what changes is looked at. */
  isPartial: boolean;
  /** By the sandbox's clock: all that changed before is in `entries` as it is now. */
  settledBeforeMs: number;
}

export interface Comparison {
  changes: Change[];
  known: Known;
  /** Files that may have changed once more in the same moment in which the listing before saw them: only contents tell. */
  unsure: FileEntry[];
}

/** What is known after a first listing. */
export function knownFrom(listing: FileListing): Known {
  return {
    entries: new Map(listing.entries.map((entry) => [entry.path, entry])),
    isPartial: listing.isTruncated,
    settledBeforeMs: listing.takenAtMs - listing.clockStepMs,
  };
}

export function compareListings(before: Known, listing: FileListing): Comparison {
  const after = knownFrom(listing);
  if (before.isPartial || listing.isTruncated) return compareRecent(before, after);
  const changes: Change[] = [];
  const base = followFolders(before.entries, after.entries, changes);
  const gone = new Map<string, FileEntry>();
  for (const entry of base.values()) {
    if (after.entries.has(entry.path)) continue;
    // What may not be looked at any more is not gone.
    if (listing.unreadable.some((folder) => entry.path.startsWith(`${folder}/`))) after.entries.set(entry.path, entry);
    else gone.set(entry.path, entry);
  }
  const unsure: FileEntry[] = [];
  const byInode = Map.groupBy(gone.values(), ({ inode }) => inode);
  for (const entry of after.entries.values()) {
    const old = base.get(entry.path);
    if (old?.kind === entry.kind && old.inode === entry.inode) {
      if (isChanged(old, entry)) changes.push({ change: "changed", entry });
      else if (entry.kind === "file" && entry.changedAtMs >= before.settledBeforeMs) unsure.push(entry);
      continue;
    }
    const source = byInode.get(entry.inode)?.find((candidate) => gone.has(candidate.path) && isSameMoved(candidate, entry));
    if (source) {
      gone.delete(source.path);
      changes.push({ change: "renamed", entry, from: source.path });
    } else if (!old) changes.push({ change: "created", entry });
    else if (old.kind !== entry.kind || isChanged(old, entry)) changes.push({ change: "changed", entry });
  }
  for (const entry of gone.values()) changes.push({ change: "deleted", entry });
  return { changes: ordered(changes), known: after, unsure };
}

/** Where not everything is known: what is listed has changed, or is new; what is missing says nothing. */
function compareRecent(before: Known, after: Known): Comparison {
  const changes: Change[] = [];
  const entries = before.entries.size > 2 * CAPTURE_BOUNDS.entries ? new Map<string, FileEntry>() : new Map(before.entries);
  for (const entry of after.entries.values()) {
    const old = before.entries.get(entry.path);
    if (!old) changes.push({ change: before.isPartial ? "written" : "created", entry });
    else if (old.kind !== entry.kind || isChanged(old, entry)) changes.push({ change: "changed", entry });
    entries.set(entry.path, entry);
  }
  return { changes: ordered(withoutParents(changes)), known: { ...after, entries, isPartial: true }, unsure: [] };
}

/** A folder that is not known is there because of what is told of its children; without any, something in it was deleted or it is new. */
function withoutParents(changes: readonly Change[]): Change[] {
  const parents = new Set(changes.map(({ entry }) => entry.path.slice(0, entry.path.lastIndexOf("/")) || "/"));
  return changes.filter(({ change, entry }) => !(change === "written" && entry.kind === "folder" && parents.has(entry.path)));
}

/** The old entries under the names of the folders that were renamed since; adds one change for each of these folders. */
function followFolders(before: Map<string, FileEntry>, after: Map<string, FileEntry>, changes: Change[]): Map<string, FileEntry> {
  const left = [...before.values()].filter(({ kind, path }) => kind === "folder" && !after.has(path));
  let base = before;
  if (left.length === 0) return base;
  for (const entry of ordered([...after.values()].filter(({ kind }) => kind === "folder").map((folder) => ({ entry: folder })))) {
    const { path } = entry.entry;
    if (base.has(path)) continue;
    const source = left.find((candidate) => base.has(candidate.path) && isSameMoved(candidate, entry.entry));
    if (!source) continue;
    changes.push({ change: "renamed", entry: entry.entry, from: source.path });
    base = underNewName(base, source.path, path);
  }
  return base;
}

function underNewName(entries: Map<string, FileEntry>, from: string, to: string): Map<string, FileEntry> {
  const renamed = new Map<string, FileEntry>();
  for (const entry of entries.values()) {
    const isBelow = entry.path === from || entry.path.startsWith(`${from}/`);
    const path = isBelow ? `${to}${entry.path.slice(from.length)}` : entry.path;
    renamed.set(path, isBelow ? { ...entry, path } : entry);
  }
  return renamed;
}

/** An inode number is soon used again, so a rename is believed only where size and time of writing went along. */
function isSameMoved(from: FileEntry, to: FileEntry): boolean {
  return from.inode === to.inode && from.kind === to.kind && from.sizeBytes === to.sizeBytes && from.modifiedAtMs === to.modifiedAtMs;
}

/** Both of one kind. A folder's own times change with its children, which speak for themselves. */
function isChanged(old: FileEntry, entry: FileEntry): boolean {
  if (old.mode !== entry.mode) return true;
  if (entry.kind === "folder") return false;
  if (entry.kind === "link") return old.target !== entry.target;
  return old.inode !== entry.inode || old.sizeBytes !== entry.sizeBytes || old.changedAtMs !== entry.changedAtMs;
}

function ordered<T extends { entry: FileEntry }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
}
