import { expect, test } from "vitest";
import { completion, standIn } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

test("each epoch asks with a seed of its own, which the server and the trace both see", async () => {
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({ "task.ts": countingTask({ count: 2 }) });
  const options = ["-o", `provider.baseURL=${server.url}`, "-o", "sampling.seed=40", "--epochs", "3", "--concurrency", "1"];
  const run = onlyRun(await folder.assay(["run", "-m", "openai-compatible/local", "-t", "./task.ts", "--json", ...options]));

  // All questions once before any is asked twice.
  expect(server.received.map(({ json }) => json["seed"])).toEqual([40, 40, 41, 41, 42, 42]);
  for (const row of await trialsIn(folder, run))
    expect(ofType(await eventsOf(folder, run, row), "trial.start")[0]?.seed).toBe(39 + row.epoch);
});

test("without a seed none is sent", async () => {
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  await folder.assay(["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-o", `provider.baseURL=${server.url}`, "--epochs", "2"]);
  expect(server.received.map(({ json }) => "seed" in json)).toEqual([false, false]);
});

test("the interval over epochs rests on the questions, not on the trials", async () => {
  // Question n1 is right in every epoch, n2 never: two questions say little, however often they are asked.
  await using folder = await project({ "task.ts": countingTask({ count: 2, instance: 'reference: { text: "1" },' }) });
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "--json", "--epochs", "20"]));
  const metric = run.tasks[0]?.metrics["accuracy"];
  expect(run.counts).toMatchObject({ planned: 40, completed: 40 });
  expect(metric).toMatchObject({ value: 0.5, n: 2 });
  // The means 1 and 0 have a standard deviation of √½; its error is that divided by √2. Forty trials would give 0.08.
  expect(metric?.stderr).toBeCloseTo(0.5, 10);
});

test("pass@k and pass^k appear with as many epochs as k", async () => {
  await using folder = await project({
    "task.ts": countingTask({ count: 2, instance: 'reference: { text: "1" },' })
      .replace("exactMatch, z", "exactMatch, overEpochs, z")
      .replace('accuracy({ score: "exact" })', 'accuracy({ score: "exact" }), ...overEpochs({ score: "exact" })'),
  });
  const metricsOver = async (epochs: number) =>
    onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "--json", "--new", "--epochs", String(epochs)])).tasks[0]
      ?.metrics ?? {};
  expect(Object.keys(await metricsOver(1))).toEqual(["accuracy"]);
  const over4 = await metricsOver(4);
  expect(Object.keys(over4)).toEqual(["accuracy", "pass@2", "pass^2", "pass@4", "pass^4"]);
  expect(over4).toMatchObject({ "pass@4": { value: 0.5, n: 2 }, "pass^4": { value: 0.5, n: 2 } });
});
