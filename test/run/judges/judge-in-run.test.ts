import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventsOf, ofType, onlyRun, project, trialsIn } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { compare, qaTask } from "./qa-task.ts";

const RUN = ["run", "-m", "mock/oracle?accuracy=0.5&seed=2", "-t", "./task.ts", "--json"];

test("every vote of a panel is in the trace and in the row, with what was paid for it", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 4 }) });
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  const finished = await folder.assay([
    ...RUN,
    "--judge",
    server.spec("one"),
    "--judge",
    server.spec("two"),
    "--judge",
    server.spec("three"),
  ]);
  const run = onlyRun(finished);
  const rows = await trialsIn(folder, run);
  expect(server.requests).toHaveLength(12);
  expect(run.judging).toEqual({ calls: 12, inputTokens: 1200, outputTokens: 120, costUsd: null });
  for (const row of rows) {
    const [score] = row.scores;
    expect(score?.verdicts).toHaveLength(3);
    expect(score?.label).toBe(row.output?.startsWith("answer") ? "correct" : "incorrect");
    const events = await eventsOf(folder, run, row);
    expect(ofType(events, "judge.request").map(({ judge }) => judge)).toEqual(
      ["one", "two", "three"].map((name) => `openai-compatible/${name}`),
    );
    const responses = ofType(events, "judge.response");
    expect(responses.map(({ verdict: { status, label } }) => [status, label])).toEqual([1, 2, 3].map(() => ["ok", score?.label]));
    expect(JSON.parse(String(responses[0]?.text))).toMatchObject({ verdict: score?.label });
    expect(row.judging).toMatchObject({ calls: 3, inputTokens: 300 });
  }
  const kept = await readFile(join(folder.folder, run.path, "verdicts", "run.jsonl"), "utf8");
  expect(kept.trim().split("\n")).toHaveLength(12);
});

test("a tie is undecided, unscored with that reason, and marked for review", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(({ nth }) => verdict(nth % 2 === 0 ? "correct" : "incorrect"));
  const run = onlyRun(await folder.assay([...RUN, "--judge", server.spec("one"), "--judge", server.spec("two")]));
  const [row] = await trialsIn(folder, run);
  expect(row?.scores[0]).toMatchObject({ value: null, label: null });
  expect(row?.scores[0]?.reason).toContain("undecided");
  expect(row?.scores[0]?.needsReview?.join()).toContain("disagree");
  expect(run.tasks[0]).toMatchObject({ scored: 0, unscored: 1, metrics: { accuracy: { value: null, bounds: { low: 0, high: 1 } } } });
});

test.each([
  ["truncated", { text: '{"explanation":"it is ', finishReason: "length" }],
  ["refused", { text: "", finishReason: "content_filter" }],
  ["invalid", "I like it."],
  ["off_menu", verdict("excellent")],
] as const)("a reply that is %s is no verdict and no zero", async (status, said) => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(() => said);
  const run = onlyRun(await folder.assay([...RUN, "--judge", server.spec()]));
  const [row] = await trialsIn(folder, run);
  expect(row?.status).toBe("completed");
  expect(row?.scores[0]).toMatchObject({ value: null, verdicts: [{ status, value: null, parsed: null }] });
  expect(row?.scores[0]?.reason).toContain(status);
});

test("retry shows the judge what is wrong with the form of its reply, and nothing of what is expected", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(({ nth }) => (nth < 2 ? verdict("excellent") : verdict("correct")));
  const run = onlyRun(await folder.assay([...RUN, "--judge", server.spec(), "-o", "judging.onFailure=retry:2"]));
  const [row] = await trialsIn(folder, run);
  expect(row?.scores[0]?.verdicts?.map(({ status, repair }) => [status, repair])).toEqual([
    ["off_menu", undefined],
    ["off_menu", 1],
    ["ok", 2],
  ]);
  expect(server.requests).toHaveLength(3);
  expect(server.requests[1]?.body).toContain("was not offered");
  const events = await eventsOf(folder, run, row ?? expect.fail());
  expect(ofType(events, "judge.response").map(({ verdict }) => verdict.status)).toEqual(["off_menu", "off_menu", "ok"]);
  expect(row?.judging?.calls).toBe(3);
});

test("escalate asks the next judge only where the one before gave no verdict", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }) });
  await using weak = await judgeServer(({ nth }) => (nth === 0 ? "no idea" : verdict("correct")));
  await using strong = await judgeServer(() => verdict("incorrect"));
  const judges = ["--judge", weak.spec("weak"), "--judge", strong.spec("strong")];
  const run = onlyRun(await folder.assay([...RUN, ...judges, "-o", "judging.onFailure=escalate"]));
  const rows = await trialsIn(folder, run);
  expect([weak.requests.length, strong.requests.length]).toEqual([3, 1]);
  expect(rows.map(({ scores }) => scores[0]?.value).toSorted()).toEqual([0, 1, 1]);
});

test("a scorer that asks a judge is refused where none is named, before anything is made; --judge none leaves it for later", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  const refused = await folder.assay(RUN);
  expect(refused.code).toBe(2);
  expect(refused.lastLine).toMatch(
    /^assay: The scorer grade asks a model to judge, and none is named\. .*--judge none.*\[config\/unsupported\]$/,
  );
  const run = onlyRun(await folder.assay([...RUN, "--judge", "none"]));
  expect(run.tasks[0]).toMatchObject({ scored: 0, unscored: 1 });
});

test("a judge whose server refuses schemas is asked in words, and its verdicts say so", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }) });
  await using server = await judgeServer(({ body }) =>
    body.includes("response_format")
      ? { status: 400, body: { error: { message: "response_format is not supported" } } }
      : "It fits.\nVERDICT: correct",
  );
  const run = onlyRun(await folder.assay([...RUN, "--judge", server.spec(), "--concurrency", "1"]));
  expect(run.tasks[0]?.metrics["accuracy"]?.value).toBe(1);
  expect(server.requests).toHaveLength(4);
  const verdicts = (await trialsIn(folder, run)).flatMap(({ scores }) => scores[0]?.verdicts ?? []);
  expect(verdicts.map(({ leftOut }) => leftOut)).toEqual([1, 2, 3].map(() => ["schema"]));
});

test("a judge of the model's own family is told", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(() => verdict("correct"));
  const { stderr } = await folder.assay([
    "run",
    "-m",
    `openai-compatible/qwen3-8b`,
    "-t",
    "./task.ts",
    "-o",
    `provider.baseURL=http://127.0.0.1:${server.port}/v1`,
    "--judge",
    server.spec("qwen2.5-72b"),
  ]);
  expect(stderr).toContain("are of one family (qwen)");
});
