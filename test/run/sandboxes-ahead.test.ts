import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn, type Project } from "./project.ts";

/** The embedded sandbox, which writes down what happens to it; `changes` are further members of each sandbox, `died` and `fail` at hand. */
const noting = (changes = "") => `
import { appendFileSync } from "node:fs";
import { AssayError, defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";
const note = (...words) => appendFileSync("notes.txt", words.join(" ") + "\\n");
export default defineSandbox({
  ...embedded,
  name: "noting",
  open: async () => {
    const backend = await embedded.open();
    let starts = 0;
    const start = async (spec, options) => {
      const number = ++starts;
      const sandbox = await backend.start(spec, options);
      note("start", options.owner.trialId);
      const remove = async () => {
        await sandbox[Symbol.asyncDispose]();
        note("remove", options.owner.trialId);
      };
      return { ...sandbox, [Symbol.asyncDispose]: remove, ${changes} };
    };
    return { ...backend, start, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
  },
});
`;

const task = (count: number, command = "sleep 0.2") =>
  countingTask({ count, instance: `reference: { commands: [${JSON.stringify(command)}], answer: String(n) },` });
const OPTIONS = ["-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "./noting.ts", "--json"];

async function notesOf({ folder }: Project): Promise<string[]> {
  return (await readFile(join(folder, "notes.txt"), "utf8")).split("\n").filter(Boolean);
}

test("sandboxes of the next trials are started while others run, each for its own trial, and all are removed", async () => {
  await using folder = await project({ "task.ts": task(6), "noting.ts": noting() });
  const run = onlyRun(await folder.assay(["run", ...OPTIONS, "--concurrency", "2"]));
  expect(run.counts).toMatchObject({ completed: 6, error: 0 });
  const notes = await notesOf(folder);
  for (const word of ["start", "remove"])
    expect(notes.filter((note) => note.startsWith(word)).toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `${word} counting/n${n}/1`));
  let living = 0;
  const most = Math.max(...notes.map((note) => (living += note.startsWith("start") ? 1 : -1)));
  // Two running, two ahead, and those that are being removed.
  expect(most).toBeLessThanOrEqual(2 + 2 + 4);

  const isAhead: boolean[] = [];
  for (const row of await trialsIn(folder, run)) {
    const events = await eventsOf(folder, run, row);
    const [, ready] = ofType(events, "sandbox.start");
    isAhead.push(ready?.ahead === true);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["trial.end", "sandbox.end"]);
    expect(ofType(events, "sandbox.end")).toMatchObject([{ backend: "noting", id: ready?.id, commands: 1, removeMs: expect.any(Number) }]);
  }
  expect(isAhead.filter(Boolean)).toHaveLength(4);
});

test("no sandbox is started ahead where every trial has its slot at once", async () => {
  await using folder = await project({ "task.ts": task(2), "noting.ts": noting() });
  const run = onlyRun(await folder.assay(["run", ...OPTIONS, "--concurrency", "2"]));
  for (const row of await trialsIn(folder, run))
    expect(ofType(await eventsOf(folder, run, row), "sandbox.start")[1]).not.toHaveProperty("ahead");
});

test("one that died while it waited is replaced, and the trial never knows", async () => {
  await using folder = await project({ "task.ts": task(3), "noting.ts": noting("isAlive: async () => number !== 2") });
  const run = onlyRun(await folder.assay(["run", ...OPTIONS, "--concurrency", "1"]));
  expect(run.counts).toMatchObject({ completed: 3, error: 0 });
  expect((await trialsIn(folder, run)).map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  const notes = await notesOf(folder);
  expect(notes.filter((note) => note.startsWith("start"))).toHaveLength(4);
  expect(notes.filter((note) => note.startsWith("remove"))).toHaveLength(4);
});

test("Ctrl-C removes what waited for trials that never come", { timeout: 60_000 }, async () => {
  await using folder = await project({ "task.ts": task(8, "while true; do sleep 1; done"), "noting.ts": noting() });
  const started = folder.start(["run", ...OPTIONS, "--concurrency", "2"]);
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 50) {
    const notes = await notesOf(folder).catch(() => []);
    if (notes.length === 4) break;
    await sleep(50);
  }
  started.child.kill("SIGINT");
  expect((await started.finished).code).toBe(130);
  const notes = await notesOf(folder);
  expect(notes.filter((note) => note.startsWith("start"))).toHaveLength(4);
  expect(notes.filter((note) => note.startsWith("remove"))).toHaveLength(4);
});

test("a slow removal delays no trial", { timeout: 60_000 }, async () => {
  const slow = "[Symbol.asyncDispose]: async () => { await new Promise((resolve) => setTimeout(resolve, 1500)); await remove(); }";
  await using folder = await project({ "task.ts": task(3), "noting.ts": noting(slow) });
  const run = onlyRun(await folder.assay(["run", ...OPTIONS, "--concurrency", "1"]));
  const rows = await trialsIn(folder, run);
  const [first, , last] = rows.map(({ startedAt }) => Date.parse(startedAt));
  const busyMs = rows.slice(0, 2).reduce((sum, { durationMs }) => sum + durationMs, 0);
  expect((last ?? 0) - (first ?? 0) - busyMs).toBeLessThan(1_000);
  for (const row of rows) {
    const [end] = ofType(await eventsOf(folder, run, row), "sandbox.end");
    expect(end?.removeMs).toBeGreaterThan(1_400);
  }
});

test("a sandbox that cannot be removed costs no result", async () => {
  const stuck = '[Symbol.asyncDispose]: async () => { throw new AssayError("sandbox/failed", "It does not go away."); }';
  await using folder = await project({ "task.ts": task(1), "noting.ts": noting(stuck) });
  const finished = await folder.assay(["run", ...OPTIONS]);
  expect(finished.code).toBe(0);
  const run = onlyRun(finished);
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");
  expect(ofType(await eventsOf(folder, run, row), "sandbox.end")).toMatchObject([{ removeMs: null }]);
});
