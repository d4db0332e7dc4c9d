/** What `assay sandbox prune` does, and says. */
import { AssayError } from "../../core/errors.ts";
import type { PrunedBackend } from "../../run/prune.ts";
import { durationIn } from "../duration.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { bytesText, countOf } from "../terminal/quantities.ts";

export interface PruneFlags {
  dockerHost: string[];
  snapshots?: boolean;
  olderThan?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Returns the exit code. Throws `usage/bad-option` for what would not count: nothing is removed that somebody only wanted to look at. */
export async function pruneFromFlags(dir: string | undefined, flags: PruneFlags): Promise<number> {
  if (flags.snapshots) {
    const [host] = flags.dockerHost;
    if (host === undefined) return pruneSnapshotsIn(dir ?? "runs", flags);
    throw new AssayError("usage/bad-option", `--docker-host ${host}: snapshots are in run folders and on no host.`, {
      hint: "Leave it out, or leave --snapshots out.",
    });
  }
  const idle = flags.dryRun ? "--dry-run" : flags.olderThan !== undefined ? `--older-than ${flags.olderThan}` : dir && `the folder ${dir}`;
  if (idle === undefined) return pruneSandboxes(flags);
  throw new AssayError("usage/bad-option", `${idle}: only --snapshots takes it.`, {
    hint: "Add --snapshots, or leave it out: sandboxes whose owner is dead are then removed at once.",
  });
}

async function pruneSandboxes(flags: PruneFlags): Promise<number> {
  const { pruneAll } = await import("../../run/prune.ts");
  const backends = await pruneAll(flags.dockerHost);
  if (flags.json) process.stdout.write(jsonLine({ schema: "assay/prune@1", backends }));
  else for (const pruned of backends) process.stdout.write(`${[pruned.backend, pruned.host ?? []].flat().join(" ")}: ${told(pruned)}\n`);
  return backends.some(({ failed }) => failed !== undefined) ? 1 : 0;
}

async function pruneSnapshotsIn(out: string, { olderThan = "7d", dryRun = false, json = false }: PruneFlags): Promise<number> {
  // Elsewhere a bare number is seconds, which nobody means here.
  const olderThanMs = /[a-z]\s*$/.test(olderThan) ? durationIn(olderThan) : Number.NaN;
  if (Number.isNaN(olderThanMs))
    throw new AssayError("usage/bad-option", `--older-than ${olderThan}: expected a time with its unit, such as 7d or 12h.`);
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
