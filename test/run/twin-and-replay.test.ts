import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

const TASK = countingTask({
  count: 3,
  instance: 'files: { "n.txt": "the number is " + n + "\\n" }, reference: { commands: ["cat n.txt", "wc -c n.txt"], answer: String(n) },',
});

test("one command with tools off and on makes two runs, paired by the hash of each instance", async () => {
  await using folder = await project({ "task.ts": TASK });
  const { runs } = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "baseline", "-H", "agent", "--json"]);
  expect(runs.map(({ harness }) => harness)).toEqual(["baseline", "agent"]);
  const [off = [], on = []] = await Promise.all(runs.map((run) => trialsIn(folder, run)));
  const hashes = (rows: typeof off) => rows.map(({ instanceId, instanceHash }) => [instanceId, instanceHash]);
  expect(hashes(on)).toEqual(hashes(off));
  expect(new Set(off.map(({ instanceHash }) => instanceHash)).size).toBe(3);
  expect(off.map(({ toolCalls }) => toolCalls)).toEqual([0, 0, 0]);
  expect(on.map(({ toolCalls }) => toolCalls)).toEqual([3, 3, 3]);
});

test("a replayed agent run says the same again; where a tool now answers otherwise, the trace says so", async () => {
  await using folder = await project({ "task.ts": TASK });
  const args = (model: string) => ["run", "-m", model, "-t", "./task.ts", "-H", "agent", "--json", "--new"];
  const recorded = onlyRun(await folder.assay(args("mock/oracle")));
  const answersOf = async (run: { path: string }) =>
    (await trialsIn(folder, run)).map(({ instanceId, output, turns, toolCalls, status }) => ({
      instanceId,
      output,
      turns,
      toolCalls,
      status,
    }));
  const warningsOf = async (run: { path: string }) => {
    const trials = await trialsIn(folder, run);
    const responses = await Promise.all(trials.map(async (row) => ofType(await eventsOf(folder, run, row), "model.response")));
    return responses.map((calls) => calls.flatMap(({ warnings = [] }) => warnings));
  };

  const replayed = onlyRun(await folder.assay(args(`replay/${recorded.path}`)));
  expect(await answersOf(replayed)).toEqual(await answersOf(recorded));
  expect(await warningsOf(replayed)).toEqual([[], [], []]);

  await writeFile(join(folder.folder, "task.ts"), TASK.replace("the number is", "the number may be"));
  const departed = onlyRun(await folder.assay(args(`replay/${recorded.path}`)));
  expect(await answersOf(departed)).toEqual(await answersOf(recorded));
  for (const warnings of await warningsOf(departed)) {
    expect(warnings[0]).toMatch(/departs from its recording at turn 2, .*recorded "the number is .*now "the number may be/);
  }
});
