import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scorePassSchema } from "../../../src/core/record.ts";
import { onlyRun, project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { passOf, storedRun } from "./passes.ts";
import { compare, qaTask } from "./qa-task.ts";

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

test("a judge's own models are asked where neither the command nor the run names any", async () => {
  await using server = await judgeServer(() => verdict("correct"));
  await using folder = await project({ "task.ts": qaTask({ count: 1, judge: `judges: ["${server.spec("own")}"],` }) });
  const path = await storedRun(folder);
  const pass = passOf(await folder.assay(["rescore", path, "--scorer", "grade", "--json"]));
  expect(pass.trials[0]?.score.verdicts?.map(({ judge }) => judge)).toEqual(["openai-compatible/own"]);
});
