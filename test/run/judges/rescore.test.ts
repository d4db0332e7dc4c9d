import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { onlyRun, project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { passOf, storedRun } from "./passes.ts";
import { compare, qaTask } from "./qa-task.ts";

test("a finished identical pass asks nothing, another panel is another pass, and no file of an old one changes", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 30 }) });
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  const path = await storedRun(folder);
  const command = ["rescore", path, "--scorer", "grade", "--judge", server.spec(), "--json"];
  const first = passOf(await folder.assay(command));
  expect(first).toMatchObject({ wasFinished: false, counts: { scored: 30, unscored: 0 }, judging: { calls: 30 } });
  const right = first.trials.filter(({ score }) => score.value === 1).length;
  expect(first.tasks[0]?.metrics["accuracy"]?.value).toBeCloseTo(right / 30);
  const before = await readFile(join(folder.folder, path, first.file), "utf8");

  const again = await folder.assay(command);
  expect(passOf(again)).toMatchObject({ wasFinished: true, resumed: 30, judging: { calls: 0 }, tasks: first.tasks });
  expect(again.stderr).toContain(`This pass was finished before: ${first.file}. Nothing was run.`);
  expect(server.requests).toHaveLength(30);

  const panel = passOf(await folder.assay([...command, "--judge", server.spec("second")]));
  expect(panel.file).not.toBe(first.file);
  // The first judge's replies were on disk.
  expect(panel).toMatchObject({ counts: { scored: 30 }, judging: { calls: 30 } });
  expect(server.requests).toHaveLength(60);
  expect(await readFile(join(folder.folder, path, first.file), "utf8")).toBe(before);
});

test("replicates are asked each for itself, and are not taken for one another", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 2 }) });
  await using server = await judgeServer(({ nth }) => verdict(nth % 3 === 2 ? "incorrect" : "correct"));
  const path = await storedRun(folder);
  const judge = ["rescore", path, "--scorer", "grade", "--judge", server.spec("judge", "&concurrency=1"), "--json"];
  const pass = passOf(await folder.assay([...judge, "--replicates", "3"]));
  expect(pass.judging.calls).toBe(6);
  const replicates = pass.trials[0]?.score.verdicts?.map(({ replicate }) => replicate);
  expect(replicates).toEqual([1, 2, 3]);
  const keys = new Set(pass.trials.flatMap(({ score }) => score.verdicts?.map(({ response }) => response) ?? []));
  expect(keys.size).toBe(6);
});

test("a server that goes down half-way leaves the rest unscored with reasons, and the same command finishes just those", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 40 }) });
  const server = await judgeServer((asked) => verdict(compare(asked)));
  const run = folder.start([
    "run",
    "-m",
    "mock/oracle",
    "-t",
    "./task.ts",
    "--judge",
    server.spec("judge", "&retries=0&concurrency=2"),
    "--json",
  ]);
  while (server.requests.length < 15) await delay(1);
  await server.close();
  const finished = onlyRun(await run.finished);
  expect(finished.counts).toMatchObject({ completed: 40, error: 0 });
  const { scored = 0, unscored = 0 } = finished.tasks[0] ?? {};
  expect(unscored).toBeGreaterThan(0);
  expect(scored).toBeGreaterThan(0);
  const rows = (await readFile(join(folder.folder, finished.path, "predictions.jsonl"), "utf8")).trim().split("\n");
  const missing = rows.filter((line) => line.includes('"status":"error"'));
  expect(missing).toHaveLength(unscored);
  expect(missing.every((line) => line.includes("no server answers") || line.includes("connection"))).toBe(true);

  const paid = server.requests.length;
  await using back = await judgeServer((asked) => verdict(compare(asked)), server.port);
  const pass = passOf(await folder.assay(["rescore", finished.path, "--scorer", "grade", "--json"]));
  expect(pass.counts).toMatchObject({ scored: 40, unscored: 0 });
  expect(back.requests).toHaveLength(unscored);
  expect(paid).toBeGreaterThanOrEqual(scored);
}, 60_000);

test("a trial that a judge cannot ask about is unscored with that reason, and nothing is asked", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 2 }) });
  await using server = await judgeServer(() => verdict("yes"));
  const path = await storedRun(folder);
  const command = ["rescore", path, "--scorer", "criteria", "--judge", server.spec()];
  expect((await folder.assay([...command, "--dry-run"])).stdout).toContain("Expected: 2 trials, 0 calls");
  const pass = passOf(await folder.assay([...command, "--json"]));
  expect(pass.trials.map(({ score }) => score.reason)).toEqual([0, 1].map((n) => `criteria: the data of q${n} has no criteria.`));
  expect(server.requests).toHaveLength(0);
});

test("failed verdicts are asked anew by the next identical command, and only they", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 6 }) });
  let isConfused = true;
  await using server = await judgeServer((asked) => (isConfused && asked.nth % 2 === 0 ? "Hm." : verdict("correct")));
  const path = await storedRun(folder);
  const command = ["rescore", path, "--scorer", "grade", "--judge", server.spec("judge", "&concurrency=1"), "--json"];
  expect(passOf(await folder.assay(command)).counts).toMatchObject({ scored: 3, unscored: 3 });
  isConfused = false;
  const again = passOf(await folder.assay(command));
  expect(again).toMatchObject({ wasFinished: false, resumed: 3, counts: { scored: 6, unscored: 0 }, judging: { calls: 3 } });
  expect(again.trials).toHaveLength(6);
});

test("killed twenty times, a pass pays for no reply twice that had arrived", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 400 }) });
  const answered = new Map<string, number>();
  await using server = await judgeServer(async (asked) => {
    await delay(4);
    const id = asked.text("reference");
    answered.set(id, (answered.get(id) ?? 0) + 1);
    return verdict(compare(asked));
  });
  const path = await storedRun(folder);
  const command = ["rescore", path, "--scorer", "grade", "--judge", server.spec("judge", "&concurrency=4"), "--json"];
  const replies = join(folder.folder, path, "verdicts");
  const linesOf = async (): Promise<string[]> => {
    const [name] = await readdir(replies).catch(() => []);
    return name === undefined ? [] : (await readFile(join(replies, name), "utf8")).split("\n").slice(0, -1);
  };
  let killed = 0;
  while (killed < 20) {
    const before = server.requests.length;
    const started = folder.start(command);
    // A pass that ended by itself would be none that was killed.
    while (server.requests.length < before + 8 && started.child.exitCode === null) await delay(2);
    await delay(killed % 5);
    started.child.kill("SIGKILL");
    await started.finished;
    killed += 1;
  }
  const kept = await linesOf();
  expect(new Set(kept.map((line) => line.slice(0, 80))).size).toBe(kept.length);
  const pass = passOf(await folder.assay(command));
  expect(pass.counts).toMatchObject({ scored: 400, unscored: 0 });
  const lines = await linesOf();
  expect(lines).toHaveLength(400);
  expect(new Set(lines.map((line) => line.slice(0, 80))).size).toBe(400);
  // Those in flight when it was killed may be asked again: four at most, each time.
  expect(server.requests.length).toBeLessThanOrEqual(400 + 20 * 4);
  expect([...answered.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(20 * 4);
}, 180_000);
