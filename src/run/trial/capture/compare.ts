/** What happened between two listings of the same folders. */
import type { FileEntry, FileListing } from "../../../core/sandbox-files.ts";
import { CAPTURE_BOUNDS } from "./bounds.ts";
import { belowOneOf, followFolders, identityOf, parentOf } from "./folders.ts";

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
  const { base, renamed } = followFolders(before.entries, after.entries);
  const gone = new Map<string, FileEntry>();
  const isUnreadable = belowOneOf(new Set(listing.unreadable));
  for (const entry of base.values()) {
    if (after.entries.has(entry.path)) continue;
    // What may not be looked at any more is not gone.
    if (isUnreadable(entry.path)) after.entries.set(entry.path, entry);
    else gone.set(entry.path, entry);
  }
  const unsure: FileEntry[] = [];
  const sources = Map.groupBy([...gone.values()].toReversed(), identityOf);
  for (const entry of after.entries.values()) {
    const old = base.get(entry.path);
    if (old?.kind === entry.kind && old.inode === entry.inode) {
      if (isChanged(old, entry)) changes.push({ change: "changed", entry });
      else if (entry.kind === "file" && entry.changedAtMs >= before.settledBeforeMs) unsure.push(entry);
      continue;
    }
    const source = sources.get(identityOf(entry))?.pop();
    if (source) {
      gone.delete(source.path);
      changes.push({ change: "renamed", entry, from: source.path });
    } else if (!old) changes.push({ change: "created", entry });
    else if (old.kind !== entry.kind || isChanged(old, entry)) changes.push({ change: "changed", entry });
  }
  for (const entry of gone.values()) changes.push({ change: "deleted", entry });
  // All other names are those that renamed folders left.
  const folders = renamed.map(([entry, from]): Change => ({ change: "renamed", entry, from }));
  return { changes: [...folders, ...ordered(changes)], known: after, unsure };
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
  const parents = new Set(changes.map(({ entry }) => parentOf(entry.path)));
  return changes.filter(({ change, entry }) => !(change === "written" && entry.kind === "folder" && parents.has(entry.path)));
}

/** Both of one kind. A folder's own times change with its children, which speak for themselves. */
function isChanged(old: FileEntry, entry: FileEntry): boolean {
  if (old.mode !== entry.mode) return true;
  if (entry.kind === "folder") return false;
  if (entry.kind === "link") return old.target !== entry.target;
  return old.inode !== entry.inode || old.sizeBytes !== entry.sizeBytes || old.changedAtMs !== entry.changedAtMs;
}

function ordered(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
}
