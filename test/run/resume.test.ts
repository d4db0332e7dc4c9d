import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completion, standIn } from "../models/stand-in.ts";
import { countingTask, onlyRun, project, type Project, recordOf, trialsIn } from "./project.ts";

/** A run that its limit stopped after the first of its questions. */
async function stoppedRun(folder: Project, url: string, ...more: string[]): Promise<{ path: string }> {
  const options = ["--concurrency", "1", "--max-tokens", "1", "-o", `provider.baseURL=${url}`, ...more];
  return onlyRun(await folder.assay(["run", "-m", "openai-compatible/local", "-t", "./task.ts", "--json", ...options]));
}

/** Rewrites run.json. */
async function changeRecord(folder: Project, run: { path: string }, change: (text: string) => string): Promise<void> {
  const path = join(folder.folder, run.path, "run.json");
  await writeFile(path, change(await readFile(path, "utf8")));
}

/** The stop of this story is of no further use: the run is to go on to its end. */
const withoutLimit = (text: string) => text.replace(/"maxTokens": 1,?/, "");

test("of two processes that resume a run at once, one does and the other says who does", async () => {
  await using server = await standIn([{ body: completion("1"), delayMs: 300 }]);
  await using folder = await project({ "task.ts": countingTask({ count: 12 }) });
  const run = await stoppedRun(folder, server.url);
  await changeRecord(folder, run, withoutLimit);
  const both = await Promise.all([1, 2].map(() => folder.assay(["run", "--resume", run.path, "--json"])));

  const [winner, loser] = both.toSorted((a, b) => (a.code ?? 9) - (b.code ?? 9));
  expect(loser).toMatchObject({ code: 2, lastLine: expect.stringMatching(/being written by process \d+ .*\[run\/locked\]$/) });
  expect(winner && onlyRun(winner)).toMatchObject({ status: "completed", counts: { planned: 12, completed: 12 } });
  // None was run twice.
  expect(server.received).toHaveLength(12);
  expect(await trialsIn(folder, run)).toHaveLength(12);
});

test("a run whose harness changed since is not resumed, and what changed is said", async () => {
  const harness = (turns: number) => `name: own\nscaffold: direct\nlimits: { turns: ${turns} }\n`;
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({ "task.ts": countingTask({ count: 4 }), "own.yaml": harness(9) });
  const run = await stoppedRun(folder, server.url, "-H", "./own.yaml");
  await writeFile(join(folder.folder, "own.yaml"), harness(5));
  const refused = await folder.assay(["run", "--resume", run.path]);

  expect(refused.code).toBe(2);
  expect(refused.lastLine).toMatch(/harness\.limits\.turns: 9 → 5; .*counting\.limits\.turns: 9 → 5.*\[run\/changed\]$/);
  expect(server.received).toHaveLength(1);
  expect((await recordOf(folder, run)).status).toBe("stopped");
});

test("a run whose questions or prompts changed since is not resumed", async () => {
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({ "task.ts": countingTask({ count: 4 }) });
  const run = await stoppedRun(folder, server.url);
  await writeFile(join(folder.folder, "task.ts"), countingTask({ count: 4 }).replace("Which number", "What number"));
  const refused = await folder.assay(["run", "--resume", run.path]);
  expect(refused).toMatchObject({ code: 2, lastLine: expect.stringMatching(/the prompts of counting.*\[run\/changed\]$/) });
  expect(server.received).toHaveLength(1);
});

test("a run folder of a newer format is left alone", async () => {
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({ "task.ts": countingTask({ count: 4 }) });
  const run = await stoppedRun(folder, server.url);
  await changeRecord(folder, run, (text) => text.replace('"format": 1', '"format": 2'));
  const before = await readFile(join(folder.folder, run.path, "run.json"), "utf8");
  const refused = await folder.assay(["run", "--resume", run.path]);
  expect(refused.code).toBe(2);
  expect(refused.lastLine).toMatch(/of format 2.*reads up to format 1\. Update assay: .*\[run\/format\]$/);
  expect(await readFile(join(folder.folder, run.path, "run.json"), "utf8")).toBe(before);
});
