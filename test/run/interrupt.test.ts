import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { countingTask, onlyRun, project, recordOf, type Started, trialsIn } from "./project.ts";

/** Every trial but the first takes longer than anybody waits, and keeps its sandbox's thread busy. */
const TASK = countingTask({
  count: 6,
  instance: 'reference: { commands: n === 1 ? ["true"] : ["test -e /tmp/none || while true; do :; done"], answer: String(n) },',
});

/** Waits until the program has said a line that matches. */
async function hasSaid({ child }: Started, pattern: RegExp): Promise<void> {
  let text = "";
  child.stderr.on("data", (more: string) => void (text += more));
  for (let waited = 0; waited < 20_000 && !pattern.test(text); waited += 20) await sleep(20);
  expect(text).toMatch(pattern);
}

test("Ctrl-C ends a run in order: what is done stays, the last line resumes it, and that does the rest", { timeout: 60_000 }, async () => {
  await using folder = await project({ "task.ts": TASK });
  const options = ["-H", "agent", "--concurrency", "3", "--json"];
  const started = folder.start(["run", "-m", "mock/oracle", "-t", "./task.ts", ...options]);
  await hasSaid(started, /\] n1 +completed/);
  await sleep(300);
  const interruptedAt = performance.now();
  started.child.kill("SIGINT");
  const finished = await started.finished;

  expect(finished.code).toBe(130);
  // A worker that still ran would keep the process alive.
  expect(performance.now() - interruptedAt).toBeLessThan(10_000);
  const run = onlyRun(finished);
  expect(finished.lastLine).toMatch(/^To go on: assay run --resume \S+$/);
  expect(run).toMatchObject({ status: "interrupted", counts: { planned: 6, completed: 1, error: 0 } });
  expect((await recordOf(folder, run)).status).toBe("interrupted");
  expect((await readdir(join(folder.folder, run.path))).filter((name) => name.startsWith("run.lock"))).toEqual([]);
  const before = await trialsIn(folder, run);
  expect(before.filter(({ status }) => status === "completed").map(({ instanceId }) => instanceId)).toEqual(["n1"]);
  expect(new Set(before.map(({ status }) => status))).toEqual(new Set(["completed", "cancelled"]));
});

test("an interrupted run completes when its last line is typed", { timeout: 60_000 }, async () => {
  await using folder = await project({
    "task.ts": countingTask({ count: 6, instance: 'reference: { commands: ["sleep 1"], answer: String(n) },' }),
  });
  const options = ["-H", "agent", "--concurrency", "2", "--json"];
  const started = folder.start(["run", "-m", "mock/oracle", "-t", "./task.ts", ...options]);
  await hasSaid(started, /\] n\d +completed/);
  started.child.kill("SIGINT");
  const finished = await started.finished;
  const before = (await trialsIn(folder, onlyRun(finished))).filter(({ status }) => status === "completed");
  const [, ...words] = /^To go on: assay (.*)$/.exec(finished.lastLine)?.[1]?.split(" ") ?? [];

  const resumed = await folder.assay(["run", ...words, "--json"]);
  expect(resumed.code).toBe(0);
  expect(onlyRun(resumed)).toMatchObject({
    status: "completed",
    counts: { planned: 6, completed: 6, cancelled: 0, resumed: before.length },
    tasks: [{ metrics: { accuracy: { value: 1, n: 6 } } }],
  });
  expect(await trialsIn(folder, onlyRun(resumed))).toEqual(expect.arrayContaining(before));
});
