import { cp, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Prediction } from "../../src/core/record.ts";
import { readTrace } from "../../src/store/read-trace.ts";
import { createRunFolder, openRunFolder } from "../../src/store/open-run.ts";
import { readPredictions } from "../../src/store/run-record.ts";
import { repairRunFolder } from "../../src/store/repair.ts";
import { collect, endTrial, playTrial, recordOf, startTrial, temporaryFolder, typesOf } from "./run-folders.ts";

const WHOLE = ["trial.start", "log.line", "trial.end"];

/** A run of two block trials and a stream one, and the moments at which each byte of it came to be. */
async function smallRun(out: string): Promise<{ path: string; rows: Prediction[] }> {
  await using folder = await createRunFolder({ out, record: recordOf(), secrets: [] });
  const rows = [await playTrial(folder, "a", "block", "é"), await playTrial(folder, "b", "stream"), await playTrial(folder, "c", "block")];
  return { path: folder.path, rows };
}

/** What is left when the writer dies with `rows` rows and `rest` bytes of the next one written. */
async function expectWhole(path: string, rows: readonly Prediction[]): Promise<void> {
  const kept = await collect(readPredictions(path));
  expect(kept).toEqual(rows);
  for (const row of kept) expect(typesOf(await collect(readTrace(path, row)))).toEqual(WHOLE);
}

test("a crash at any byte of predictions.jsonl costs at most the row being written", async () => {
  await using temporary = await temporaryFolder();
  const { path, rows } = await smallRun(temporary.path);
  const file = join(path, "predictions.jsonl");
  const whole = await readFile(file);
  // every byte of the second row and its ends; rows are alike.
  const first = whole.indexOf(10);
  for (let length = first; length <= whole.indexOf(10, first + 1) + 1; length += 1) {
    const cut = whole.subarray(0, length);
    const finished = cut.toString("latin1").split("\n").length - 1;
    await writeFile(file, cut);
    expect(await collect(readPredictions(path))).toEqual(rows.slice(0, finished));
    const repaired = await repairRunFolder(path);
    expect(repaired).toHaveLength(cut.at(-1) === 10 || length === 0 ? 0 : 1);
    expect(await readFile(file)).toEqual(whole.subarray(0, cut.lastIndexOf(10) + 1));
  }
  await writeFile(file, whole);
  await expectWhole(path, rows);
});

test("a crash at any byte of a shared trace leaves earlier trials as they were, and later ones start on a fresh line", async () => {
  await using temporary = await temporaryFolder();
  const { path, rows } = await smallRun(temporary.path);
  const first = rows[0]?.trace.bytes ?? 0;
  const whole = await readFile(join(path, "traces/direct-1.jsonl"));
  await writeFile(join(path, "predictions.jsonl"), `${JSON.stringify(rows[0])}\n`);
  for (let length = first; length <= whole.length; length += 13) {
    const copy = join(temporary.path, `copy-${length}`);
    await cp(path, copy, { recursive: true });
    await truncate(join(copy, "traces/direct-1.jsonl"), length);
    const { folder, repaired } = await openRunFolder(copy, { secrets: [] });
    const added = await playTrial(folder, "c", "block", "again");
    await folder[Symbol.asyncDispose]();
    await expectWhole(copy, [...rows.slice(0, 1), added]);
    expect(repaired).toHaveLength(whole[length - 1] === 10 ? 0 : 1);
    expect((await readFile(join(copy, "traces/direct-1.jsonl"))).subarray(0, first)).toEqual(whole.subarray(0, first));
  }
});

test("the torn trace of an unfinished attempt stays, cut to whole lines, and the next attempt has a file of its own", async () => {
  await using temporary = await temporaryFolder();
  const { path } = await smallRun(temporary.path);
  const left = '{"v":1,"seq":0,"t":0,"type":"log.line","text":"x"}\n';
  await writeFile(join(path, "traces/d.1.jsonl"), `${left}{"v":1,"seq":1,"t`);
  await writeFile(join(path, "run.json.123.tmp"), "half");

  const { folder, repaired } = await openRunFolder(path, { secrets: [] });
  await playTrial(folder, "d", "stream");
  await folder[Symbol.asyncDispose]();

  expect(repaired).toEqual(["traces/d.1.jsonl: cut a torn last line of 17 bytes."]);
  expect(await readFile(join(path, "traces/d.1.jsonl"), "utf8")).toBe(left);
  expect(typesOf(await collect(readTrace(path, { file: "traces/d.2.jsonl" })))).toEqual(WHOLE);
  await expect(stat(join(path, "run.json.123.tmp"))).rejects.toThrow("ENOENT");
});

test("a trial that was never committed may stay in a shared trace and confuses nobody", async () => {
  await using temporary = await temporaryFolder();
  {
    await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
    const lost = folder.openTrial({ trialId: "a", attempt: 1, kind: "block" });
    startTrial(lost, "a");
    endTrial(lost);
    await lost.close();
  }
  const { folder } = await openRunFolder(join(temporary.path, "run"), { secrets: [] });
  const row = await playTrial(folder, "a", "block");
  await folder[Symbol.asyncDispose]();
  expect(row.trace.offset).toBeGreaterThan(0);
  await expectWhole(folder.path, [row]);
});
