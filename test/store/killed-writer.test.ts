import { execa } from "execa";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readTrace } from "../../src/store/read-trace.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import { readPredictions } from "../../src/store/run-record.ts";
import { collect, recordOf, temporaryFolder, typesOf } from "./run-folders.ts";

const WRITER = join(import.meta.dirname, "write-run.process.ts");
const KILLS = 6;

/** Runs a writer for a while, kills it, and gives the trials it had said to be committed. */
async function writeAndKill(path: string, first: number): Promise<string[]> {
  const child = execa("node", [WRITER, path, String(first)], { reject: false, buffer: false });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child.stdout, "data");
  await sleep(Math.random() * 150);
  child.kill("SIGKILL");
  await child;
  return said.split("\n").slice(0, -1);
}

test("a writer killed at any moment loses no trial it had committed and changes no byte of one", async () => {
  await using temporary = await temporaryFolder();
  await (await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] }))[Symbol.asyncDispose]();
  const path = join(temporary.path, "run");
  let before = Buffer.alloc(0);
  const committed: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    committed.push(...(await writeAndKill(path, kill)));
    const after = await readFile(join(path, "predictions.jsonl"));
    const whole = before.lastIndexOf(10) + 1;
    expect(after.subarray(0, whole).equals(before.subarray(0, whole))).toBe(true);
    before = after;
  }
  const rows = await collect(readPredictions(path));
  const ids = rows.map((row) => row.trialId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(committed.filter((one) => !ids.includes(one))).toEqual([]);
  for (const row of rows) expect(typesOf(await collect(readTrace(path, row)))).toEqual(["trial.start", "log.line", "trial.end"]);
});
