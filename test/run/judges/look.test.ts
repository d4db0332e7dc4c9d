import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { DEFAULTS } from "../../../src/core/defaults.ts";
import { judgeReplySchema } from "../../../src/core/judge-reply.ts";
import { eventsOf, ofType, onlyRun, project, trialsIn, type Project } from "../project.ts";
import { judgeServer, type Asked, type JudgeServer } from "./judge-server.ts";

/** The embedded sandbox with snapshots of one file; says in LOG what is started, kept and ended, and fails as it is told. */
const COUNTED = `
import { appendFileSync, existsSync, rmSync } from "node:fs";
import { AssayError, defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";
const { LOG = "/dev/null", FAILS, FAILS_ONCE } = process.env;
export default defineSandbox({
  ...embedded,
  name: "counted",
  capabilities: { ...embedded.capabilities, canSnapshot: true },
  open: async () => {
    const backend = await embedded.open();
    const start = async (spec, options) => {
      const isLook = options.snapshot !== undefined;
      if (isLook && FAILS) throw new AssayError(FAILS, "No room for another.", { hint: "Make room." });
      if (isLook && FAILS_ONCE && existsSync(FAILS_ONCE)) {
        rmSync(FAILS_ONCE);
        throw new AssayError("sandbox/failed", "It did not start.");
      }
      const sandbox = await backend.start(spec, options);
      const say = (what) => isLook && appendFileSync(LOG, what + "\\n");
      say("start");
      return {
        ...sandbox,
        snapshot: async () => {
          appendFileSync(LOG, "snapshot\\n");
          return { kind: "image", image: "as it was" };
        },
        async [Symbol.asyncDispose]() {
          await sandbox[Symbol.asyncDispose]();
          say("end");
        },
      };
    };
    return { ...backend, start, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
  },
});
`;

/** Trials of which each is asked about so often, by a judge that looks. */
function lookTask({ trials, questions }: { trials: number; questions: number }): string {
  return `
import { accuracy, choiceFormat, defineJudge, defineTask, z } from "assay";
const answer = choiceFormat({ pass: { meaning: "it is there" }, fail: { meaning: "it is not" } });
const looked = defineJudge({
  name: "looked",
  description: "Whether it is there.",
  rubric: { version: 1 },
  ask: ({ instance }) => Array.from({ length: ${questions} }, (_, n) => ({
    id: "part-" + n,
    prompt: { instructions: "Look.", data: [{ name: "part", text: instance.id + " " + n }], reminder: "Is it there?" },
    answer,
    read: ({ verdict }) => ({ label: String(verdict), value: verdict === "pass" ? 1 : 0 }),
    looksIntoSandbox: true,
  })),
  grade: (answers) => ({ value: answers.every(({ value }) => value === 1) ? 1 : null }),
});
export default defineTask({
  name: "looks",
  description: "Something to be looked at.",
  row: z.object({ id: z.string() }),
  source: () => Array.from({ length: ${trials} }, (_, n) => ({ id: "n" + n })),
  toInstance: ({ id }) => ({ id, data: {}, reference: { commands: ["true"] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "work" }] }),
  scorers: [looked],
  metrics: [accuracy({ score: "looked" })],
  primaryMetric: "accuracy",
  sandbox: { needs: ["canSnapshot"] },
});
`;
}

const PASS = { calls: [{ name: "give_verdict", input: { explanation: "seen", verdict: "pass" } }] };
const LIST = { calls: [{ name: "list_files", input: {} }] };

const turnOf = ({ messages }: Asked) => messages.filter(({ role }) => role === "assistant").length;

const runWords = (server: JudgeServer, query = "") => {
  const options = ["-H", "bash", "--sandbox", "./counted.ts", "--keep-snapshot", "--json", "--judge", server.spec("judge", query)];
  return ["run", "-m", "mock/oracle", "-t", "./task.ts", ...options];
};

/** How many were alive at the most. */
function peakOf(log: readonly string[]): number {
  let alive = 0;
  let peak = 0;
  for (const line of log) {
    alive += line === "start" ? 1 : line === "end" ? -1 : 0;
    peak = Math.max(peak, alive);
  }
  return peak;
}

async function logOf(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).trim().split("\n");
}

async function repliesIn({ folder }: Project, run: { path: string }) {
  const verdicts = join(folder, run.path, "verdicts");
  const files = await readdir(verdicts).catch(() => []);
  const lines = (await Promise.all(files.map((file) => readFile(join(verdicts, file), "utf8")))).join("").trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => judgeReplySchema.parse(JSON.parse(line)));
}

test("however many trials and questions there are, few sandboxes are looked into at once, each from its trial's one snapshot", async () => {
  const [trials, questions] = [3, 5];
  await using folder = await project({ "task.ts": lookTask({ trials, questions }), "counted.ts": COUNTED });
  // As long as some sandboxes take to start: without a bound they would all live at once.
  await using server = await judgeServer(() => delay(500, PASS));
  const most = DEFAULTS.scoringPerCore * availableParallelism();
  const query = "&concurrency=64";
  const ran = join(folder.folder, "ran");
  const run = onlyRun(await folder.assay(runWords(server, query), { LOG: ran }));
  expect(run.tasks[0]?.metrics["accuracy"]?.value).toBe(1);
  const log = await logOf(ran);
  expect(log.filter((line) => line === "start")).toHaveLength(trials * questions);
  // A run removes them beside its work.
  expect(peakOf(log)).toBeLessThanOrEqual(most + DEFAULTS.sandboxRemovalsAtOnce);
  // One that is kept, and one to look into.
  expect(log.filter((line) => line === "snapshot")).toHaveLength(2 * trials);

  const again = join(folder.folder, "again");
  const rescore = ["rescore", run.path, "--scorer", "looked", "--judge", server.spec("other", query), "--json"];
  const { stdout } = await folder.assay(rescore, { LOG: again });
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ counts: { scored: trials, unscored: 0 } }] });
  expect((await logOf(again)).filter((line) => line === "start")).toHaveLength(trials * questions);
  expect(peakOf(await logOf(again))).toBeLessThanOrEqual(most);
}, 120_000);

test("a look's calls leave out what its server refuses, are tried again and wait as all do, and its record says so", async () => {
  await using folder = await project({ "task.ts": lookTask({ trials: 1, questions: 1 }), "counted.ts": COUNTED });
  let hasFailed = false;
  await using server = await judgeServer((asked) => {
    if (asked.body.includes('"temperature"')) return { status: 400, body: { error: { message: "temperature is not supported" } } };
    if (turnOf(asked) === 0) return LIST;
    if (hasFailed) return PASS;
    hasFailed = true;
    return { status: 503, body: { error: { message: "busy" } } };
  });
  const run = onlyRun(await folder.assay(runWords(server, "&temperature=0")));
  const [row = expect.fail()] = await trialsIn(folder, run);
  expect(row.scores[0]).toMatchObject({ value: 1, verdicts: [{ status: "ok", leftOut: ["temperature"] }] });
  const [reply, ...others] = await repliesIn(folder, run);
  expect(others).toEqual([]);
  expect(reply).toMatchObject({ leftOut: ["temperature"], retries: [{ status: 503 }] });
  expect(reply?.waitedMs).toBeGreaterThanOrEqual(reply?.retries[0]?.waitMs ?? expect.fail());
  expect(reply?.raw).toContain("give_verdict");
  const waits = ofType(await eventsOf(folder, run, row), "wait.begin");
  expect(waits.map(({ what }) => what)).toEqual([expect.stringContaining("server error (503), trying again")]);
});

test("a look makes no further turn once judges have cost what they may, and that is no verdict", async () => {
  await using folder = await project({
    "task.ts": lookTask({ trials: 1, questions: 1 }),
    "counted.ts": COUNTED,
    "prices.json": '{"openai-compatible/judge":{"input":1000,"output":1000}}',
  });
  await using server = await judgeServer((asked) => (turnOf(asked) < 6 ? LIST : PASS));
  const words = runWords(server);
  const run = onlyRun(await folder.assay([...words.slice(0, -1), "none"]));
  const rescore = ["rescore", run.path, "--scorer", "looked", "--judge", server.spec(), "--json"];
  const environment = { ASSAY_PRICES: join(folder.folder, "prices.json") };
  // Each call costs 0.11 USD.
  const stopped = await folder.assay([...rescore, "--max-cost", "0.2"], environment);
  expect(stopped.stderr).toContain("the cost limit of 0.2 USD was met");
  expect(server.requests).toHaveLength(2);
  expect(await repliesIn(folder, run)).toEqual([]);
  const { stdout } = await folder.assay(rescore, environment);
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ counts: { scored: 1 } }] });
});

test("a sandbox to look into that does not start costs a run's attempt, and is told by a pass: it is no verdict", async () => {
  await using folder = await project({ "task.ts": lookTask({ trials: 1, questions: 1 }), "counted.ts": COUNTED, once: "" });
  await using server = await judgeServer(() => PASS);
  const run = onlyRun(await folder.assay(runWords(server), { FAILS_ONCE: join(folder.folder, "once") }));
  const [row] = await trialsIn(folder, run);
  expect(row).toMatchObject({ attempt: 2, status: "completed", scores: [{ value: 1 }] });

  const rescore = ["rescore", run.path, "--scorer", "looked", "--judge", server.spec("other"), "--json"];
  for (const FAILS of ["sandbox/failed", "sandbox/snapshot"]) {
    const away = await folder.assay(rescore, { FAILS });
    expect(away.code).toBe(1);
    expect(away.stderr).toContain("looks/n0/1 was not scored: No room for another. Make room. The same command tries it again.\n");
  }
  const unavailable = await folder.assay(rescore, { FAILS: "sandbox/unavailable" });
  expect(unavailable.lastLine).toBe("assay: No room for another. Make room. [sandbox/unavailable]");
  const { stdout } = await folder.assay(rescore);
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ counts: { scored: 1, unscored: 0 } }] });
});
