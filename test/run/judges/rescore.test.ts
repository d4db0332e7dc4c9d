import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { rescoredSchema, scorePassSchema } from "../../../src/core/record.ts";
import { onlyRun, project, type Finished, type Project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { compare, qaTask } from "./qa-task.ts";

const passSchema = z.object({
  path: z.string(),
  file: z.string(),
  wasFinished: z.boolean(),
  resumed: z.number(),
  counts: z.object({ scored: z.number(), unscored: z.number(), differing: z.number() }),
  judging: z.object({ calls: z.number() }),
  tasks: z.array(z.object({ metrics: z.record(z.string(), z.object({ value: z.number().nullable() })) })),
  trials: z.array(rescoredSchema),
});
const documentSchema = z.object({ runs: z.array(passSchema) });

function passOf({ stdout, stderr }: Finished): z.output<typeof passSchema> {
  const [run] = stdout.startsWith("{") ? documentSchema.parse(JSON.parse(stdout)).runs : [];
  return run ?? expect.fail(stderr);
}

/** A stored run whose answers nobody judged. */
async function storedRun(folder: Project): Promise<string> {
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle?accuracy=0.5&seed=2", "-t", "./task.ts", "--judge", "none", "--json"]));
  return run.path;
}

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

test("a dry run says how many calls it would take, and makes and writes nothing", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 5 }) });
  await using server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const { stdout } = await folder.assay([
    "rescore",
    path,
    "--scorer",
    "grade",
    "--judge",
    server.spec(),
    "--replicates",
    "2",
    "--dry-run",
    "--json",
  ]);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "assay/rescore-dry-run@1",
    runs: [{ trials: 5, calls: 10, cached: 0, costUsd: null }],
  });
  expect(server.requests).toHaveLength(0);
  expect((await readdir(join(folder.folder, path))).toSorted()).toEqual(["metrics.json", "predictions.jsonl", "run.json", "traces"]);
});

test("--max-cost counts first, then stops when that much was paid; the same command goes on", async () => {
  await using folder = await project({
    "task.ts": qaTask({ count: 50 }),
    "prices.json": '{"openai-compatible/judge":{"input":1000,"output":1000}}',
  });
  await using server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const environment = { ASSAY_PRICES: join(folder.folder, "prices.json") };
  const command = ["rescore", path, "--scorer", "grade", "--judge", server.spec("judge", "&concurrency=1"), "--json"];
  const unpriced = await folder.assay([...command, "--max-cost", "1"]);
  expect(unpriced.lastLine).toContain("the price of openai-compatible/judge is not known");
  // Each call costs 0.11 USD.
  const stopped = await folder.assay([...command, "--max-cost", "1"], environment);
  expect(stopped.stderr).toContain("Expected: 50 trials, 50 calls");
  expect(stopped.stderr).toContain("Stopped: the cost limit of 1 USD was met. The same command goes on with what is left.");
  expect(server.requests.length).toBeLessThan(14);
  const paid = server.requests.length;
  const rest = passOf(await folder.assay(command, environment));
  expect(rest.counts.scored).toBe(50);
  expect(server.requests.length - paid).toBe(50 - paid);
});

test("the model that was evaluated is neither opened nor needed", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }) });
  await using model = await judgeServer(({ nth }) => `answer ${nth}`);
  const run = onlyRun(
    await folder.assay([
      "run",
      "-m",
      "openai-compatible/m",
      "-t",
      "./task.ts",
      "-o",
      `provider.baseURL=http://127.0.0.1:${model.port}/v1`,
      "--judge",
      "none",
      "--json",
    ]),
  );
  await model.close();
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  const pass = passOf(await folder.assay(["rescore", run.path, "--scorer", "grade", "--judge", server.spec(), "--json"]));
  expect(pass.counts.scored).toBe(3);
  expect(model.requests).toHaveLength(3);
});

test("--diff tells which verdicts changed between two judges", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 8 }) });
  await using server = await judgeServer((asked) => verdict(asked.body.includes('"model":"lenient"') ? "correct" : compare(asked)));
  const path = await storedRun(folder);
  const rescore = async (name: string) =>
    passOf(await folder.assay(["rescore", path, "--scorer", "grade", "--judge", server.spec(name), "--json"]));
  const [strict, lenient] = [await rescore("strict"), await rescore("lenient")];
  const raised = strict.trials.filter(({ score }) => score.value === 0).length;
  expect(raised).toBeGreaterThan(0);
  const { stdout } = await folder.assay([
    "rescore",
    path,
    "--diff",
    strict.file.slice("scores/".length),
    lenient.file.slice("scores/".length, -8),
    "--json",
  ]);
  const difference: unknown = JSON.parse(stdout);
  expect(difference).toMatchObject({
    schema: "assay/rescore-diff@1",
    both: 8,
    same: 8 - raised,
    raised,
    lowered: 0,
    unscored: 0,
    onlyA: 0,
    onlyB: 0,
  });
  const shown = await folder.assay(["rescore", "--diff", join(path, strict.file), join(path, lenient.file)]);
  expect(shown.stdout).toContain(`${raised} of 8 scores changed: ${raised} up, 0 down`);
  expect(shown.stdout).toContain("0 incorrect  1 correct");
});

test("a pass says on its first line which judges it asked, by which rules and rubric", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const pass = passOf(
    await folder.assay([
      "rescore",
      path,
      "--scorer",
      "grade",
      "--judge",
      server.spec("judge", "&temperature=0"),
      "-o",
      "judging.onFailure=retry:1",
      "--json",
    ]),
  );
  const [head = ""] = (await readFile(join(folder.folder, path, pass.file), "utf8")).split("\n");
  expect(scorePassSchema.parse(JSON.parse(head)).judging).toMatchObject({
    judges: ["openai-compatible/judge?temperature=0"],
    rules: { replicates: 1, onFailure: { retry: 1 } },
  });
});

test("scores are derived again by another rule from the replies on disk, without any judge", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 4 }) });
  const server = await judgeServer((asked) => verdict(asked.body.includes('"model":"strict"') ? "incorrect" : "correct"));
  const path = await storedRun(folder);
  const judges = ["--judge", server.spec("strict"), "--judge", server.spec("lenient")];
  const command = ["rescore", path, "--scorer", "grade", ...judges, "--json"];
  expect(passOf(await folder.assay(command)).counts).toMatchObject({ scored: 0, unscored: 4 });
  await server.close();
  const mean = passOf(await folder.assay([...command, "-o", "judging.panel=mean"]));
  expect(mean).toMatchObject({ counts: { scored: 4 }, judging: { calls: 0 }, tasks: [{ metrics: { accuracy: { value: 0.5 } } }] });
  const weights = { "openai-compatible/strict": 1, "openai-compatible/lenient": 3 };
  const weighted = passOf(await folder.assay([...command, "-o", `judging.panel=${JSON.stringify({ weights })}`]));
  expect(weighted.tasks).toMatchObject([{ metrics: { accuracy: { value: 0.75 } } }]);
});

test("--where takes the trials for which a condition holds, and is another pass", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 5 }) });
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  const path = await storedRun(folder);
  const command = ["rescore", path, "--scorer", "grade", "--judge", server.spec(), "--json"];
  const some = passOf(await folder.assay([...command, "--where", "instanceId in ('q1', 'q3')"]));
  expect(some.trials.map(({ trialId }) => trialId).toSorted()).toEqual(["qa/q1/1", "qa/q3/1"]);
  const all = passOf(await folder.assay(command));
  expect([all.file === some.file, all.counts.scored, all.judging.calls]).toEqual([false, 5, 3]);
});
