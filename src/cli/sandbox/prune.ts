/** What `assay sandbox prune` does, and says. */
import { AssayError } from "../../core/errors.ts";
import type { PrunedBackend } from "../../run/prune.ts";
import { durationIn } from "../duration.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { bytesText, countOf } from "../terminal/quantities.ts";

export interface PruneFlags {
  dockerHost: string[];
  snapshots?: boolean;
  olderThan: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Returns the exit code. */
export async function pruneFromFlags(dir: string, flags: PruneFlags): Promise<number> {
  return flags.snapshots ? pruneSnapshotsIn(dir, flags) : pruneSandboxes(flags);
}

async function pruneSandboxes(flags: PruneFlags): Promise<number> {
  const { pruneAll } = await import("../../run/prune.ts");
  const backends = await pruneAll(flags.dockerHost);
  if (flags.json) process.stdout.write(jsonLine({ schema: "assay/prune@1", backends }));
  else for (const pruned of backends) process.stdout.write(`${[pruned.backend, pruned.host ?? []].flat().join(" ")}: ${told(pruned)}\n`);
  return backends.some(({ failed }) => failed !== undefined) ? 1 : 0;
}

async function pruneSnapshotsIn(out: string, { olderThan, dryRun = false, json = false }: PruneFlags): Promise<number> {
  const olderThanMs = durationIn(olderThan);
  if (Number.isNaN(olderThanMs)) throw new AssayError("usage/bad-option", `--older-than ${olderThan}: expected a time such as 7d or 12h.`);
  const { pruneSnapshots } = await import("../../run/prune-snapshots.ts");
  const runs = await pruneSnapshots({ out, olderThanMs, mode: dryRun ? "look" : "remove" });
  const snapshots = runs.reduce((sum, run) => sum + run.snapshots, 0);
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  if (json) process.stdout.write(jsonLine({ schema: "assay/prune-snapshots@1", isDryRun: dryRun, snapshots, bytes, runs }));
  else process.stdout.write(`${countOf(snapshots, "snapshot")}, ${bytesText(bytes)}, ${dryRun ? "would be removed" : "removed"}\n`);
  return 0;
}

function told({ skipped, failed, removed, kept }: PrunedBackend): string {
  if (skipped !== undefined) return `skipped: ${skipped}`;
  if (failed !== undefined) return `failed: ${failed}`;
  return `${removed.length} removed${kept.length > 0 ? `, ${kept.length} left alone (${kept[0]?.reason})` : ""}`;
}
