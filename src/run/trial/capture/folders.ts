/** Folders that were renamed with all below them. Each step here takes time in proportion to what is listed: an agent may rename thousands. */
import type { FileEntry } from "../../../core/sandbox-files.ts";

type Entries = ReadonlyMap<string, FileEntry>;

export interface FollowedFolders {
  /** The old entries under the names of the folders that were renamed since. */
  base: Entries;
  /** These folders as they are now, and what they were called. */
  renamed: [FileEntry, string][];
}

export function followFolders(before: Entries, after: Entries): FollowedFolders {
  const renamed = findRenamed(before, after);
  return { renamed, base: renamed.length === 0 ? before : underNewNames(before, renamed) };
}

function findRenamed(before: Entries, after: Entries): [FileEntry, string][] {
  const left = foldersOf(before).filter(({ path }) => !after.has(path));
  const renamed: [FileEntry, string][] = [];
  if (left.length === 0) return renamed;
  const sources = Map.groupBy(left.toReversed(), identityOf);
  const moved = new Set<string>();
  /** Of each folder that is there now, its old path; undefined where it is new. */
  const oldPaths = new Map<string, string | undefined>();
  // Parents come before what is in them.
  for (const folder of byPath(foldersOf(after))) {
    const kept = oldPathOf(folder.path, oldPaths);
    if (kept !== undefined && before.has(kept) && !moved.has(kept)) {
      oldPaths.set(folder.path, kept);
      continue;
    }
    const source = lastWhere(sources.get(identityOf(folder)) ?? [], ({ path }) => !moved.has(path) && !belowOneOf(moved)(path));
    oldPaths.set(folder.path, source?.path);
    if (!source) continue;
    moved.add(source.path);
    renamed.push([folder, source.path]);
  }
  return renamed;
}

/** Where a path was if its folder brought it along. */
function oldPathOf(path: string, oldPaths: ReadonlyMap<string, string | undefined>): string | undefined {
  const parent = parentOf(path);
  if (!oldPaths.has(parent)) return path;
  const oldParent = oldPaths.get(parent);
  return oldParent === undefined ? undefined : `${oldParent}${path.slice(parent.length)}`;
}

/** Takes items from the end until one is as wanted. */
function lastWhere<T>(items: T[], isWanted: (item: T) => boolean): T | undefined {
  for (let item = items.pop(); item !== undefined; item = items.pop()) if (isWanted(item)) return item;
  return undefined;
}

function underNewNames(before: Entries, renamed: readonly [FileEntry, string][]): Entries {
  const newNames = new Map(renamed.map(([{ path }, from]) => [from, path]));
  const folders = new Map<string, string>();
  const base = new Map<string, FileEntry>();
  for (const entry of byPath([...before.values()])) {
    const parent = parentOf(entry.path);
    const path = newNames.get(entry.path) ?? `${folders.get(parent) ?? parent}${entry.path.slice(parent.length)}`;
    if (entry.kind === "folder") folders.set(entry.path, path);
    base.set(path, path === entry.path ? entry : { ...entry, path });
  }
  return base;
}

/** An inode number is soon used again, so a rename is believed only where size and time of writing went along. */
export function identityOf({ inode, kind, sizeBytes, modifiedAtMs }: FileEntry): string {
  return `${inode} ${kind} ${sizeBytes} ${modifiedAtMs}`;
}

/** Whether a path lies below one of the folders; what is found of its parents is kept for the next one. */
export function belowOneOf(folders: ReadonlySet<string>): (path: string) => boolean {
  const known = new Map<string, boolean>();
  const isBelow = (path: string): boolean => {
    const parent = parentOf(path);
    if (folders.size === 0 || parent === path) return false;
    const isThere = known.get(parent) ?? (folders.has(parent) || isBelow(parent));
    known.set(parent, isThere);
    return isThere;
  };
  return isBelow;
}

/** `/` of what lies in it. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function foldersOf(entries: Entries): FileEntry[] {
  return [...entries.values()].filter(({ kind }) => kind === "folder");
}

function byPath(entries: readonly FileEntry[]): FileEntry[] {
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
