/** Removes the snapshots of runs that ended some time ago, or were killed and began then; everything else of these runs stays. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { eventSchemas } from "../core/trace.ts";
import { readLines } from "../store/lines.ts";
import { AssayError } from "../core/errors.ts";
import { TEMPORARY_SUFFIX } from "../store/atomic-file.ts";
import { isLockHeld, isOwnerAlive } from "../store/run-lock.ts";
import { listRuns } from "../store/run-record.ts";
import { snapshotPath } from "../store/snapshots.ts";

export interface PruneSnapshotsRequest {
  /** The folder in which run folders are. */
  out: string;
  olderThanMs: number;
  /** `look` tells what would go, and removes nothing. */
  mode: "look" | "remove";
}

export interface PrunedSnapshots {
  path: string;
  snapshots: number;
  bytes: number;
}

/** The runs that had any. Throws `usage/bad-option` where there is no such folder, or it is a run itself. */
export async function pruneSnapshots({ out, olderThanMs, mode }: PruneSnapshotsRequest): Promise<PrunedSnapshots[]> {
  await requireFolderOfRuns(out);
  const pruned: PrunedSnapshots[] = [];
  for (const { path, record } of await listRuns(out)) {
    // A run that was killed before its first end has no time of it.
    const since = Date.parse(record.endedAt ?? record.createdAt);
    if (Date.now() - since < olderThanMs || (await isInUse(path))) continue;
    const found = { path, snapshots: 0, bytes: 0 };
    const files = [...(await unsharedSnapshots(path))].map((sha256) => snapshotPath(path, sha256));
    for (const file of [...files, ...(await unfinishedBlobs(path))]) {
      const size = (await stat(file).catch(() => undefined))?.size;
      if (size === undefined) continue;
      if (mode === "remove") await rm(file);
      found.snapshots += 1;
      found.bytes += size;
    }
    if (found.snapshots > 0) pruned.push(found);
  }
  return pruned;
}

async function requireFolderOfRuns(out: string): Promise<void> {
  const names = await readdir(out).catch((cause: unknown) => {
    throw new AssayError("usage/bad-option", `There is no folder ${out}.`, { hint: "Name the folder in which run folders are.", cause });
  });
  if (!names.includes("run.json")) return;
  throw new AssayError("usage/bad-option", `${out} is a run itself.`, {
    hint: "Name the folder in which it is: all runs there are looked at.",
  });
}

/** Whether a living process writes the run, or scores it again from its snapshots. */
async function isInUse(runPath: string): Promise<boolean> {
  if (await isOwnerAlive(runPath)) return true;
  const folder = join(runPath, "scores");
  const locks = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".lock"));
  return (await Promise.all(locks.map((name) => isLockHeld(join(folder, name))))).includes(true);
}

/** What a process that was killed had begun to write. */
async function unfinishedBlobs(runPath: string): Promise<string[]> {
  const folder = join(runPath, "blobs");
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(TEMPORARY_SUFFIX)).map((name) => join(folder, name));
}

const BLOB = /"blob":"([0-9a-f]{64})"/g;

/** The hashes that the run's traces tell as snapshots of any attempt, and nothing else names. */
async function unsharedSnapshots(runPath: string): Promise<Set<string>> {
  const snapshots = new Set<string>();
  const others = new Set<string>();
  const folder = join(runPath, "traces");
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith(".jsonl")) continue;
    for await (const { text, isTorn } of readLines(join(folder, name))) {
      for (const [, hash = ""] of text.matchAll(BLOB)) others.add(hash);
      if (isTorn || !text.includes('"type":"sandbox.snapshot"')) continue;
      const event = eventSchemas["sandbox.snapshot"].safeParse(JSON.parse(text)).data;
      if (event && "sha256" in event.kept) snapshots.add(event.kept.sha256);
    }
  }
  return snapshots.difference(others);
}
