import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Rescored, ScorePass } from "../../src/core/record.ts";
import { openScorePass, rescoredIn, type OpenedScorePass } from "../../src/store/score-pass.ts";
import { temporaryFolder } from "./run-folders.ts";

const PASS: ScorePass = { format: 1, pass: "verifier-1", scorer: "verifier", createdAt: "2026-01-02T03:04:05.000Z", hashes: {} };
const LINE: Rescored = { trialId: "one/1/1", attempt: 1, task: "one", score: { name: "verifier", value: 1 }, before: 0, durationMs: 1 };

const open = (path: string): Promise<OpenedScorePass> => openScorePass(path, PASS, { secrets: [] });

const linesOf = (path: string): Promise<Rescored[]> => Array.fromAsync(rescoredIn(join(path, "scores", "verifier-1.jsonl")));

/** Tries until the lock is free. */
async function openSoon(path: string): Promise<OpenedScorePass> {
  for (;;) {
    try {
      return await open(path);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "run/locked")) throw error;
    }
  }
}

test("a pass is written by one at a time, also by one that waits for the end of the other", async () => {
  await using run = await temporaryFolder();
  for (let round = 0; round < 20; round += 1) {
    const first = await open(run.path);
    const [second] = await Promise.all([openSoon(run.path), first[Symbol.asyncDispose]()]);
    await expect(open(run.path)).rejects.toMatchObject({ code: "run/locked" });
    await second[Symbol.asyncDispose]();
  }
  expect(await readdir(join(run.path, "scores"))).toEqual(["verifier-1.jsonl"]);
});

test("a damaged pass can be made anew once it is removed, as its error says", async () => {
  await using run = await temporaryFolder();
  const file = join(run.path, "scores", "verifier-1.jsonl");
  await mkdir(join(run.path, "scores"));
  await writeFile(file, "no JSON\n");
  await expect(open(run.path)).rejects.toMatchObject({ code: "run/format", hint: "Move it away: the pass is then made anew." });
  await rm(file);
  await using pass = await open(run.path);
  await pass.add(LINE);
  expect(await linesOf(run.path)).toEqual([LINE]);
});

test("a pass goes on after a torn line", async () => {
  await using run = await temporaryFolder();
  {
    await using pass = await open(run.path);
    await pass.add(LINE);
  }
  await writeFile(join(run.path, "scores", "verifier-1.jsonl"), '{"trialId":"one', { flag: "a" });
  await using _pass = await open(run.path);
  expect(await linesOf(run.path)).toEqual([LINE]);
});

test("a pass that cannot be written says which command to run again", async () => {
  await using run = await temporaryFolder();
  await writeFile(join(run.path, "scores"), "in the way");
  await expect(open(run.path)).rejects.toMatchObject({
    code: "run/disk",
    hint: `Make room or allow writing in ${run.path}; then run: assay rescore ${run.path} --scorer verifier`,
  });
});

test("what a pass gives back is what it stored: without secrets", async () => {
  await using run = await temporaryFolder();
  const secret = "pw-0123456789";
  await using pass = await openScorePass(run.path, PASS, { secrets: [secret] });
  const score = { name: "verifier", value: 0, explanation: `It printed ${secret}.` };
  expect(await pass.add({ ...LINE, score })).toMatchObject({ score: { explanation: "It printed [redacted]." } });
  expect(pass.clean(`no sandbox for ${secret}`)).toBe("no sandbox for [redacted]");
});
