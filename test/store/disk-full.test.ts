import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { join } from "node:path";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { readTrace } from "../../src/store/read-trace.ts";
import { createRunFolder, openRunFolder } from "../../src/store/open-run.ts";
import { readPredictions } from "../../src/store/run-record.ts";
import { collect, playTrial, recordOf } from "./run-folders.ts";

const folderPath = mkdtempSync(join(tmpdir(), "assay-full-"));

function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folderPath], { stdio: "ignore" });
    return true;
  } catch {
    console.log("skipped: a small disk cannot be mounted here (needs root)");
    return false;
  }
}

const isMounted = mountSmallDisk();

afterAll(async () => {
  if (isMounted) execFileSync("umount", [folderPath]);
  await rm(folderPath, { recursive: true, force: true });
});

test.skipIf(!isMounted).each(["block", "stream"] as const)(
  "a full disk ends the run with one line, and every committed %s trial stays",
  async (kind) => {
    const folder = await createRunFolder({ out: folderPath, record: recordOf(kind), secrets: [] });
    const committed: string[] = [];
    const fill = async () => {
      for (let nth = 0; nth < 1_000; nth += 1) {
        await playTrial(folder, `t${nth}`, kind, "x".repeat(5_000));
        committed.push(`t${nth}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: "run/disk",
      message: expect.stringMatching(/of the run folder cannot be written: no space left on the disk\.$/),
      hint: expect.stringContaining(`assay run --resume ${folder.path}`),
    });
    expect(folder.failed.aborted).toBe(true);
    await expect(folder.updateRecord({ status: "stopped" }).catch((error: unknown) => error)).resolves.toSatisfy(
      (value) => value === undefined || value instanceof Error,
    );
    await folder[Symbol.asyncDispose]();

    const rows = await collect(readPredictions(folder.path));
    expect(rows.map((row) => row.trialId)).toEqual(committed);
    for (const row of rows) expect(await collect(readTrace(folder.path, row))).toHaveLength(3);

    execFileSync("mount", ["-o", "remount,size=1m", folderPath]);
    const { folder: again } = await openRunFolder(folder.path, { secrets: [] });
    await playTrial(again, "late", kind);
    await again[Symbol.asyncDispose]();
    expect((await collect(readPredictions(folder.path))).map((row) => row.trialId)).toEqual([...committed, "late"]);
    await rm(folder.path, { recursive: true });
    execFileSync("mount", ["-o", "remount,size=512k", folderPath]);
  },
);
