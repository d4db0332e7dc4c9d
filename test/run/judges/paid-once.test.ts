/** What judges were paid for: under caps, with several questions at once, by repairs and by judges that are passed over. */
import { appendFile, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { onlyRun, project, recordOf } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { passOf, storedRun } from "./passes.ts";
import { compare, qaTask } from "./qa-task.ts";

/** Each call costs 0.11 USD. */
const PRICES = { "prices.json": '{"openai-compatible/judge":{"input":1000,"output":1000}}' };
const linesOf = async (path: string) => (await readFile(path, "utf8")).trim().split("\n");

const CRITERIA = `
import { accuracy, criteria, defineTask, z } from "assay";
export default defineTask({
  name: "many",
  description: "One answer, eight criteria.",
  source: () => [{}],
  row: z.object({}),
  toInstance: () => ({ id: "only", data: { criteria: Array.from({ length: 8 }, (_, n) => ({ criterion: "It says " + n, points: 1 })) }, reference: { text: "18" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Which?" }] }),
  scorers: [criteria()],
  metrics: [accuracy({ score: "criteria" })],
  primaryMetric: "accuracy",
});
`;

test("a cap that is met while other calls of the same trial run loses none of their replies, and ends at once", async () => {
  await using folder = await project({ "task.ts": CRITERIA, ...PRICES });
  await using server = await judgeServer(async ({ nth }) => {
    if (nth > 0) await delay(1_500);
    return JSON.stringify({ explanation: "because", verdict: "yes", criteria_met: true });
  });
  const path = await storedRun(folder);
  const startedAt = performance.now();
  const words = ["rescore", path, "--scorer", "criteria", "--judge", server.spec("judge", "&concurrency=3"), "--max-cost", "0.1"];
  const stopped = await folder.assay(words, { ASSAY_PRICES: join(folder.folder, "prices.json") });
  expect(stopped.stderr).toContain("Stopped: the cost limit of 0.1 USD was met.");
  const [name = ""] = [`${passName(stopped.stdout)}.jsonl`];
  expect(await linesOf(join(folder.folder, path, "verdicts", name))).toHaveLength(server.requests.length);
  expect(server.requests.length).toBeLessThan(8);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
}, 60_000);

const passName = (stdout: string): string => /scores\/([\w.-]+)\.jsonl/.exec(stdout)?.[1] ?? "";

test("one cap is kept for all runs of a command", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }), ...PRICES });
  await using server = await judgeServer(() => verdict("correct"));
  const paths = [await storedRun(folder), await storedRun(folder)];
  const words = [
    "rescore",
    ...paths,
    "--scorer",
    "grade",
    "--judge",
    server.spec("judge", "&concurrency=1"),
    "--max-cost",
    "0.2",
    "--json",
  ];
  await folder.assay(words, { ASSAY_PRICES: join(folder.folder, "prices.json") });
  expect(server.requests).toHaveLength(2);
}, 60_000);

test("a run whose judges met its cap is stopped, says how to go on, and keeps the answers that were paid for", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 6 }), ...PRICES });
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  const judge = server.spec("judge", "&concurrency=1");
  const words = ["run", "-m", "mock/oracle", "-t", "./task.ts", "--judge", judge, "--max-cost", "0.3", "--concurrency", "1", "--json"];
  const run = onlyRun(await folder.assay(words, { ASSAY_PRICES: join(folder.folder, "prices.json") }));
  expect(run.status).toBe("stopped");
  expect((await recordOf(folder, run)).stopReason).toContain("cost limit of 0.3 USD");
  expect(server.requests).toHaveLength(3);
  const finished = run.counts.completed;
  const resumed = await folder.assay(["run", "--resume", run.path, "--max-cost", "100", "--json"], {
    ASSAY_PRICES: join(folder.folder, "prices.json"),
  });
  expect(onlyRun(resumed).counts).toMatchObject({ completed: 6, resumed: finished });
  const pass = passOf(await folder.assay(["rescore", run.path, "--scorer", "grade", "--json"]));
  expect(pass.counts).toMatchObject({ scored: 6, unscored: 0 });
  expect(server.requests).toHaveLength(6);
}, 60_000);

test("a chain of repairs is paid for once, whoever asks next", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 2 }) });
  await using server = await judgeServer(({ messages }) => (messages.length > 4 ? verdict("correct") : "Hm."));
  const words = ["-o", "judging.onFailure=retry:1", "--judge", server.spec()];
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", ...words, "--json"]));
  expect(server.requests).toHaveLength(4);
  const pass = passOf(await folder.assay(["rescore", run.path, "--scorer", "grade", ...words, "--json"]));
  expect(pass).toMatchObject({ counts: { scored: 2 }, judging: { calls: 0 } });
  expect(server.requests).toHaveLength(4);
}, 60_000);

test("a pass is finished although judges were passed over for the next", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }) });
  await using weak = await judgeServer(() => "no idea");
  await using strong = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const judges = ["--judge", weak.spec("weak"), "--judge", strong.spec("strong"), "-o", "judging.onFailure=escalate"];
  const words = ["rescore", path, "--scorer", "grade", ...judges, "--json"];
  expect(passOf(await folder.assay(words)).counts.scored).toBe(3);
  expect(passOf(await folder.assay(words))).toMatchObject({ wasFinished: true });
  expect([weak.requests.length, strong.requests.length]).toEqual([3, 3]);
}, 60_000);

test("a dry run does not touch what a living pass is writing, and a condition that is no SQL leaves no pass behind", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 2 }) });
  await using server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const words = ["rescore", path, "--scorer", "grade", "--judge", server.spec(), "--json"];
  const { file } = passOf(await folder.assay(words));
  const replies = join(folder.folder, path, "verdicts", file.slice("scores/".length));
  await appendFile(replies, '{"key":"half');
  const { size } = await stat(replies);
  await folder.assay([...words, "--dry-run"]);
  expect((await stat(replies)).size).toBe(size);
  const refused = await folder.assay([...words, "--where", "score <"]);
  expect(refused.code).toBe(2);
  expect(await readdir(join(folder.folder, path, "scores"))).toHaveLength(1);
}, 60_000);
