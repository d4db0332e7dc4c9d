/** What a trace says at the end of a sandbox, on real engines. */
import { expect, test } from "vitest";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { testEngines, type TestEngine } from "./engines.ts";

/** 96 MiB and at least a quarter of a second of one CPU. */
const WORK =
  "import time\nheld = bytearray(96 * 2**20)\nend = time.process_time() + 0.25\nwhile time.process_time() < end: pass\nprint(len(held))";
const TASK = oneTrialTask(
  `files: { "work.py": ${JSON.stringify(WORK)} }, reference: { commands: ["true", "python3 work.py"], answer: "42" },`,
);

async function endOf({ backend, environment }: TestEngine) {
  await using run = await storedRun(TASK, ["-m", "mock/oracle", "-H", "agent", "--sandbox", backend], environment);
  const ends = (await Array.fromAsync(run.events())).flatMap((event) => fieldsOf(event, "sandbox.end") ?? []);
  expect(ends).toHaveLength(1);
  return ends[0];
}

/** Whether each container has a control group of its own, so that what it used can be told from what others did. */
async function hasOwnCounts({ definition }: TestEngine): Promise<boolean> {
  const found = await definition.availability();
  return found.isAvailable && !found.notes?.some((note) => note.includes("rootless on cgroups v1"));
}

for (const engine of await testEngines("docker", "rootful", "rootless"))
  test.runIf(engine.isHere)(`sandbox.end of a run tells what its life took and what it used: ${engine.title}`, async () => {
    const end = await endOf(engine);
    const number = expect.any(Number);
    expect(end).toMatchObject({
      backend: engine.backend,
      commands: 2,
      startMs: number,
      firstCommandMs: number,
      commandMs: { p50: number, max: number, total: number },
      removeMs: number,
    });
    if (!(await hasOwnCounts(engine))) return expect(end).toMatchObject({ peakMemoryMiB: null, cpuMs: null });
    expect(end?.peakMemoryMiB).toBeGreaterThan(96);
    // Beyond what the spec allows, it would be the machine's.
    expect(end?.peakMemoryMiB).toBeLessThanOrEqual(2048);
    expect(end?.cpuMs).toBeGreaterThanOrEqual(250);
    expect(end?.cpuMs).toBeLessThan(60_000);
  });
