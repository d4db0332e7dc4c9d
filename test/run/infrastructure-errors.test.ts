import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Answer, completion, standIn } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, recordOf, trialsIn } from "./project.ts";

const cut: Answer = { isCut: true, body: "" };
const one: Answer = { body: completion("1") };
const model = (url: string) => ["-m", "openai-compatible/local", "-o", `provider.baseURL=${url}`, "-o", "provider.retries=0"];

/** The embedded sandbox on a machine whose first start goes wrong. */
const UNLUCKY = `
import { AssayError, defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";
let starts = 0;
export default defineSandbox({
  ...embedded,
  name: "unlucky",
  open: async () => {
    const backend = await embedded.open();
    const start = async (...args) => {
      if (++starts === 1) throw new AssayError("sandbox/failed", "The machine burnt down.");
      return backend.start(...args);
    };
    return { ...backend, start, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
  },
});
`;

test("a connection that breaks fails the attempt, not the trial: the second one counts, both are kept", async () => {
  await using server = await standIn([cut, one]);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  const finished = await folder.assay(["run", "-t", "./task.ts", "-H", "agent", "--json", ...model(server.url)]);
  const run = onlyRun(finished);
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");

  expect(finished.code).toBe(0);
  expect(row).toMatchObject({ status: "completed", attempt: 2, scores: [{ value: 1 }] });
  expect(run.counts).toMatchObject({ completed: 1, error: 0 });
  const first = { ...row, trace: { file: row.trace.file.replace(".2.jsonl", ".1.jsonl") } };
  expect(first.trace.file).not.toBe(row.trace.file);
  const failed = await eventsOf(folder, run, first);
  expect(ofType(failed, "model.failed")).toHaveLength(1);
  expect(ofType(failed, "error.raised")).toMatchObject([{ code: "model/disconnected" }]);
  expect(ofType(failed, "trial.end")).toMatchObject([{ status: "error" }]);
  expect(ofType(await eventsOf(folder, run, row), "trial.end")).toMatchObject([{ status: "completed" }]);
});

test("the failed attempt of a single call is kept as well", async () => {
  await using server = await standIn([cut, one]);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  const run = onlyRun(await folder.assay(["run", "-t", "./task.ts", "--json", ...model(server.url)]));
  const [row] = await trialsIn(folder, run);
  if (row?.trace.offset === undefined) throw new Error("no block of a shared trace");
  expect(row).toMatchObject({ status: "completed", attempt: 2, turns: 1 });
  const before = { file: row.trace.file, offset: 0, bytes: row.trace.offset };
  expect(ofType(await eventsOf(folder, run, { ...row, trace: before }), "trial.start")).toMatchObject([{ attempt: 1 }]);
});

test("a sandbox that does not start the first time is started again", async () => {
  await using folder = await project({ "task.ts": countingTask({ count: 1 }), "unlucky.ts": UNLUCKY });
  const args = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "./unlucky.ts", "--json"];
  const run = onlyRun(await folder.assay(args));
  expect(await trialsIn(folder, run)).toMatchObject([{ status: "completed", attempt: 2, scores: [{ value: 1 }] }]);
});

test("a sandbox that dies while it is graded costs the attempt, not the score", async () => {
  const task = countingTask({ count: 1 })
    .replace("exactMatch,", "verifier,")
    .replace(/exactMatch\(.*\)\]/, 'verifier({ command: "true" })]')
    .replace('score: "exact"', 'score: "verifier"');
  const mortal = UNLUCKY.replace(
    /const start = [^]*?\n    };/,
    `const start = async (...args) => {
      const sandbox = await backend.start(...args);
      const dies = async () => {
        throw new AssayError("sandbox/gone", "The machine burnt down.");
      };
      return ++starts === 1 ? { ...sandbox, verify: dies, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() } : sandbox;
    };`,
  );
  await using folder = await project({ "task.ts": task, "mortal.ts": mortal });
  const args = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "./mortal.ts", "--json"];
  const run = onlyRun(await folder.assay(args));
  expect(await trialsIn(folder, run)).toMatchObject([{ status: "completed", attempt: 2, scores: [{ value: 1 }] }]);
});

test("--retries says how many attempts there are; at their end the trial is in error and unscored", async () => {
  await using server = await standIn([cut]);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  const finished = await folder.assay(["run", "-t", "./task.ts", "-H", "agent", "--json", "--retries", "2", ...model(server.url)]);
  const run = onlyRun(finished);
  const [row] = await trialsIn(folder, run);
  expect(server.received).toHaveLength(3);
  expect(row).toMatchObject({ status: "error", attempt: 3, scores: [] });
  expect(finished.code).toBe(1);
  const traces = [1, 2, 3].map((attempt) => row?.trace.file.replace(/\d+\.jsonl$/, `${attempt}.jsonl`) ?? "");
  for (const trace of traces) expect((await stat(join(folder.folder, run.path, trace))).isFile()).toBe(true);
});

test("a wrong answer is an answer: it is never asked for again", async () => {
  await using server = await standIn([{ body: completion("wrong") }, one]);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  const run = onlyRun(await folder.assay(["run", "-t", "./task.ts", "--json", "--retries", "3", ...model(server.url)]));
  expect(server.received).toHaveLength(1);
  expect((await trialsIn(folder, run))[0]).toMatchObject({ status: "completed", attempt: 1, output: "wrong", scores: [{ value: 0 }] });
});

test("--allow-errors decides the exit code, by number or by share", async () => {
  // One in four cannot be set up.
  await using folder = await project({ "task.ts": countingTask({ count: 4, instance: 'setup: n === 3 ? "exit 1" : "true",' }) });
  const codes: Record<string, number | null> = {};
  for (const allowed of ["1", "24%", "25%"]) {
    const options = ["--json", "--retries", "0", "--new", "--allow-errors", allowed];
    const finished = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", ...options]);
    codes[allowed] = finished.code;
    expect(onlyRun(finished)).toMatchObject({
      counts: { completed: 3, error: 1 },
      tasks: [{ planned: 4, scored: 3, unscored: 1, metrics: { accuracy: { value: 1, n: 3, bounds: { low: 0.75, high: 1 } } } }],
    });
  }
  expect(codes).toEqual({ 1: 0, "24%": 1, "25%": 0 });
});

test("an error that no trial will escape stops the run; once it is mended, the run goes on", async () => {
  await using server = await standIn([{ status: 401, body: { error: { message: "bad key" } } }, one]);
  await using folder = await project({ "task.ts": countingTask({ count: 5 }) });
  const finished = await folder.assay(["run", "-t", "./task.ts", "--concurrency", "1", ...model(server.url)]);
  expect(finished.code).toBe(2);
  expect(server.received).toHaveLength(1);
  const path = /assay run --resume (\S+)/.exec(finished.lastLine)?.[1] ?? "";
  expect((await recordOf(folder, { path })).status).toBe("interrupted");

  const resumed = await folder.assay(["run", "--resume", path, "--json"]);
  expect(resumed.code).toBe(0);
  expect(onlyRun(resumed).counts).toMatchObject({ planned: 5, completed: 5, error: 0, cancelled: 0 });
  expect(server.received).toHaveLength(6);
});
