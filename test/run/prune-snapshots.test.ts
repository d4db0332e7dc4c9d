import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunRecord } from "../../src/core/record.ts";
import { pruneSnapshots } from "../../src/run/prune-snapshots.ts";
import { openScorePass } from "../../src/store/score-pass.ts";
import { recordOf, temporaryFolder } from "../store/run-folders.ts";

const DAY_MS = 24 * 3_600_000;

/** A run folder with one snapshot, whose owner is dead. */
async function storedRunOf(out: string, change: Partial<RunRecord>): Promise<string> {
  const sha256 = "ab".repeat(32);
  const kept = { kind: "archive", sha256, image: "sha256:1", files: 1, deleted: 0, bytes: 10, storedBytes: 4 };
  const event = { v: 1, seq: 1, t: 0, type: "sandbox.snapshot", kept, durationMs: 1 };
  const record = { ...recordOf(), ...change };
  const path = join(out, record.runId);
  await mkdir(join(path, "traces"), { recursive: true });
  await mkdir(join(path, "blobs"));
  await writeFile(join(path, "run.json"), JSON.stringify(record));
  await writeFile(join(path, "traces", "one.1.jsonl"), `${JSON.stringify(event)}\n`);
  await writeFile(join(path, "blobs", `${sha256}.zst`), "blob");
  return path;
}

test("snapshots go once their run ended long enough ago, or, where it was killed before any end, began then", async () => {
  await using out = await temporaryFolder();
  const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  const old = [
    await storedRunOf(out.path, { runId: "killed-long-ago", createdAt: ago(8) }),
    await storedRunOf(out.path, { runId: "ended-long-ago", createdAt: ago(9), endedAt: ago(8), status: "completed" }),
  ];
  const young = [
    await storedRunOf(out.path, { runId: "killed-lately", createdAt: ago(6) }),
    await storedRunOf(out.path, { runId: "ended-lately", createdAt: ago(9), endedAt: ago(6), status: "completed" }),
  ];
  const request = { out: out.path, olderThanMs: 7 * DAY_MS };
  const told = old.map((path) => ({ path, snapshots: 1, bytes: 4 }));
  expect(new Set(await pruneSnapshots({ ...request, mode: "look" }))).toEqual(new Set(told));
  expect(new Set(await pruneSnapshots({ ...request, mode: "remove" }))).toEqual(new Set(told));
  for (const path of old) expect(await readdir(join(path, "blobs"))).toEqual([]);
  for (const path of young) expect(await readdir(join(path, "blobs"))).toHaveLength(1);
});

test("snapshots that a pass is scoring again stay, and what a killed run had begun to write goes", async () => {
  await using out = await temporaryFolder();
  const run = await storedRunOf(out.path, { runId: "scored-again", createdAt: "2026-01-02T03:04:05.000Z" });
  await writeFile(join(run, "blobs", "0b9d2c1e-begun.tmp"), "begun");
  const request = { out: out.path, olderThanMs: 0, mode: "remove" as const };
  {
    await using _pass = await openScorePass(
      run,
      { format: 1, pass: "verifier-1", scorer: "verifier", createdAt: "2026-01-02T03:04:05.000Z", hashes: {} },
      { secrets: [] },
    );
    expect(await pruneSnapshots(request)).toEqual([]);
  }
  expect(await pruneSnapshots(request)).toEqual([{ path: run, snapshots: 2, bytes: 9 }]);
  expect(await readdir(join(run, "blobs"))).toEqual([]);
});

test("a folder that is not there, or is a run itself, is refused", async () => {
  await using out = await temporaryFolder();
  const run = await storedRunOf(out.path, { runId: "one" });
  const prune = (folder: string) => pruneSnapshots({ out: folder, olderThanMs: 0, mode: "remove" });
  await expect(prune(join(out.path, "nowhere"))).rejects.toMatchObject({ code: "usage/bad-option" });
  await expect(prune(run)).rejects.toMatchObject({ message: `${run} is a run itself.` });
});
