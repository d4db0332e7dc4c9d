import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readContent } from "../../src/store/content.ts";
import { readTrace } from "../../src/store/read-trace.ts";
import { createRunFolder, openRunFolder } from "../../src/store/open-run.ts";
import { finalPredictions, listRuns, readPredictions, readRunRecord } from "../../src/store/run-record.ts";
import { collect, endTrial, playTrial, recordOf, rowOf, startTrial, temporaryFolder, typesOf } from "./run-folders.ts";

test("a committed trial is read back with its trace, whichever way it was recorded", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  await playTrial(folder, "sums/1/1", "stream");
  await Promise.all(["sums/2/1", "sums/3/1", "sums/4/1"].map((id) => playTrial(folder, id, "block", `of ${id}`)));

  const rows = await collect(readPredictions(folder.path));

  expect(rows.map((row) => [row.trialId, row.trace.file])).toEqual([
    ["sums/1/1", "traces/sums%2F1%2F1.1.jsonl"],
    ["sums/2/1", "traces/direct-1.jsonl"],
    ["sums/3/1", "traces/direct-1.jsonl"],
    ["sums/4/1", "traces/direct-1.jsonl"],
  ]);
  for (const row of rows) {
    const events = await collect(readTrace(folder.path, row));
    expect(typesOf(events)).toEqual(["trial.start", "log.line", "trial.end"]);
    expect(events.map((event) => event.seq)).toEqual([0, 1, 2]);
    expect(events[0]).toMatchObject({ trialId: row.trialId });
  }
  expect(await collect(readTrace(folder.path, rows[2] ?? rowOf("", { file: "" }), { from: 1, to: 2 }))).toMatchObject([
    { seq: 1, text: "of sums/3/1" },
  ]);
});

test("events of a stream are on disk while the trial still runs", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  const recorder = folder.openTrial({ trialId: "sums/1/1", attempt: 1, kind: "stream" });
  startTrial(recorder, "sums/1/1");
  recorder.event("wait.begin", { for: "model", what: "a free slot" });

  await expect
    .poll(async () => (await readFile(join(folder.path, "traces/sums%2F1%2F1.1.jsonl"), "utf8").catch(() => "")).includes("wait.begin"))
    .toBe(true);
  await recorder.close();
});

test("bytes are kept exactly: text as text, other bytes as base64, what is large as a blob stored once", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  const recorder = folder.openTrial({ trialId: "sums/1/1", attempt: 1, kind: "block" });
  const large = Buffer.from(Array.from({ length: 5_000_000 }, (_, nth) => (nth * nth * 31) % 251));
  const values = [Buffer.from("\ufeffé\n"), Buffer.from([0xff, 0x00, 0xfe]), large, Buffer.alloc(200_000, "ab"), large];
  const contents = values.map((value) => recorder.content(value));
  startTrial(recorder, "sums/1/1");
  await recorder.close();

  expect(contents.map((content) => (typeof content === "string" ? "text" : "base64" in content ? "base64" : content.encoding))).toEqual([
    "text",
    "base64",
    "binary",
    "utf8",
    "binary",
  ]);
  for (const [nth, content] of contents.entries())
    expect(Buffer.compare(await readContent(folder.path, content), values[nth] ?? large)).toBe(0);
  expect(await readdir(join(folder.path, "blobs"))).toHaveLength(2);
});

test("a run goes on where it was left: attempts count up and rows that ran again supersede", async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, "run");
  {
    await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
    const failed = folder.openTrial({ trialId: "sums/1/1", attempt: 1, kind: "block" });
    endTrial(failed);
    await folder.commit(rowOf("sums/1/1", await failed.close(), { status: "error", error: { code: "model/overloaded", message: "busy" } }));
    const left = folder.openTrial({ trialId: "sums/2/1", attempt: 1, kind: "stream" });
    startTrial(left, "sums/2/1");
    await left.close();
    await folder.updateRecord({ status: "interrupted", note: "a key of a later version" });
  }
  const { folder, repaired } = await openRunFolder(path, { secrets: [] });
  await using opened = folder;

  expect(repaired).toEqual([]);
  expect(opened.record).toMatchObject({ status: "interrupted", note: "a key of a later version" });
  expect([opened.nextAttempt("sums/1/1"), opened.nextAttempt("sums/2/1"), opened.nextAttempt("sums/3/1")]).toEqual([2, 2, 1]);
  await playTrial(opened, "sums/1/1", "block");
  const rows = await collect(finalPredictions(path));
  expect(rows.map((row) => [row.trialId, row.status])).toEqual([["sums/1/1", "completed"]]);
  for (const row of rows) expect(typesOf(await collect(readTrace(path, row)))).toEqual(["trial.start", "log.line", "trial.end"]);
});

test("metrics and record are replaced whole, the last one stays", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: ["hunter2hunter2"] });
  await Promise.all([1, 2, 3].map((durationMs) => folder.updateRecord({ durationMs, command: ["assay", "--key=hunter2hunter2"] })));
  await folder.writeMetrics({ value: 1, note: "hunter2hunter2" });

  expect(await readRunRecord(folder.path)).toMatchObject({ durationMs: 3, command: ["assay", "--key=[redacted]"] });
  expect(JSON.parse(await readFile(join(folder.path, "metrics.json"), "utf8"))).toEqual({ value: 1, note: "[redacted]" });
});

test("runs of a folder are listed newest first, and what is no run is passed over", async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, "notes.txt"), "mine");
  for (const [runId, createdAt] of [
    ["a", "2026-01-01T00:00:00.000Z"],
    ["b", "2026-01-03T00:00:00.000Z"],
    ["c", "2026-01-02T00:00:00.000Z"],
  ] as const) {
    await using folder = await createRunFolder({ out: temporary.path, record: { ...recordOf(runId), createdAt }, secrets: [] });
    await folder.updateRecord({});
  }
  expect((await listRuns(temporary.path)).map((run) => run.record.runId)).toEqual(["b", "c", "a"]);
  expect(await listRuns(join(temporary.path, "absent"))).toEqual([]);
});

test("a folder of a newer format, a damaged one and no folder at all are each one line", async () => {
  await using temporary = await temporaryFolder();
  {
    await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
    await folder.updateRecord({ format: 2 });
  }
  const path = join(temporary.path, "run");
  await expect(openRunFolder(path, { secrets: [] })).rejects.toMatchObject({
    code: "run/format",
    message: expect.stringMatching(/is of format 2; this version of assay reads up to format 1\.$/),
  });
  await writeFile(join(path, "run.json"), '{"format":1,"runId"');
  await expect(readRunRecord(path)).rejects.toMatchObject({ code: "run/format", message: `run.json in ${path} is damaged.` });
  await expect(readRunRecord(temporary.path)).rejects.toMatchObject({ code: "run/not-found" });
});

test("a damaged row names its line", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  await playTrial(folder, "sums/1/1", "block");
  const path = join(folder.path, "predictions.jsonl");
  await writeFile(path, `${await readFile(path, "utf8")}{"trialId":1}\n`);
  await expect(collect(readPredictions(folder.path))).rejects.toMatchObject({
    code: "run/format",
    message: expect.stringContaining("Line 2 of predictions.jsonl"),
  });
});

test("neither a row nor an event leads out of the run folder", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  for (const file of ["../run.json", "traces/../../x.jsonl", "/etc/passwd", "traces/..\\x.jsonl"]) {
    await expect(collect(readTrace(folder.path, { file }))).rejects.toMatchObject({ code: "run/format" });
  }
  await expect(readContent(folder.path, { blob: "../run.json", bytes: 1, encoding: "utf8" })).rejects.toMatchObject({ code: "run/format" });
});

test("events of unknown type and unknown keys are given as they are", async () => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  await writeFile(
    join(folder.path, "traces/later.1.jsonl"),
    '{"v":1,"seq":0,"t":0,"type":"sandbox.files","changed":[1]}\n{"v":1,"seq":1,"t":0,"type":"log.line","text":"x","level":3}\n{"v":1,"se',
  );
  expect(await collect(readTrace(folder.path, { file: "traces/later.1.jsonl" }))).toEqual([
    { v: 1, seq: 0, t: 0, type: "sandbox.files", changed: [1] },
    { v: 1, seq: 1, t: 0, type: "log.line", text: "x", level: 3 },
  ]);
});
