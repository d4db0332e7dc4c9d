import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTrace } from "../../src/store/read-trace.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import { indexPathOf, readTraceIndex } from "../../src/store/trace-index.ts";
import { collect, playTrial, recordOf, temporaryFolder } from "./run-folders.ts";

async function longTrial(out: string) {
  await using folder = await createRunFolder({ out, record: recordOf(), secrets: [] });
  const recorder = folder.openTrial({ trialId: "long", attempt: 1, kind: "stream" });
  for (let call = 1; call <= 100; call += 1) {
    recorder.event("model.request", { call, messages: call, sampling: {}, tools: [] });
    recorder.event("log.line", { text: "é".repeat(call * 20) });
  }
  const location = await recorder.close();
  await playTrial(folder, "small", "block");
  return { path: folder.path, location, file: join(folder.path, location.file) };
}

test("a range of a trace is the same with its index, without it, and with a damaged or stale one", async () => {
  await using temporary = await temporaryFolder();
  const { path, location, file } = await longTrial(temporary.path);
  const all = await collect(readTrace(path, location));
  const expectRanges = async () => {
    for (const [from, to] of [
      [0, 3],
      [77, 131],
      [199, 200],
      [150, 900],
      [300, 400],
    ] as const) {
      expect(await collect(readTrace(path, location, { from, to }))).toEqual(all.slice(from, to));
    }
    expect(await collect(readTrace(path, location, { from: 190 }))).toEqual(all.slice(190));
    expect(await collect(readTrace(path, location, { to: 5 }))).toEqual(all.slice(0, 5));
  };
  expect((await stat(indexPathOf(file))).size).toBe(1024 + 200 * 32);
  await expectRanges();
  await writeFile(indexPathOf(file), "nonsense");
  await expectRanges();
  await rm(indexPathOf(file));
  await expectRanges();
});

test("the index tells type, turn and place of each event, and shared traces have one too", async () => {
  await using temporary = await temporaryFolder();
  const { path, file } = await longTrial(temporary.path);
  const index = await readTraceIndex(file);
  expect(index.count).toBe(200);
  expect(index.at(0)).toMatchObject({ seq: 0, offset: 0, type: "model.request", turn: 1 });
  expect(index.at(199)).toMatchObject({ seq: 199, type: "log.line", turn: 100 });
  expect(index.at(200)).toBeUndefined();
  expect((await stat(join(path, "traces/direct-1.idx"))).size).toBe(1024 + 3 * 32);
});
