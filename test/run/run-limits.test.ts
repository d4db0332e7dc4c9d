import { expect, test } from "vitest";
import { completion, standIn } from "../models/stand-in.ts";
import { countingTask, onlyRun, project, recordOf, trialsIn } from "./project.ts";

/** A call of 17 tokens costs 17 dollars. */
const PRICES = "openai-compatible/local: { input: 1000000, cachedInput: 1000000, output: 1000000 }";

test.each([
  { limit: ["--max-cost", "30"], reason: /cost limit of 30 USD/, more: ["--max-cost", "1000"], done: 2, delayMs: 0 },
  { limit: ["--max-tokens", "50"], reason: /limit of 50 tokens/, more: ["--max-tokens", "1000"], done: 3, delayMs: 0 },
  { limit: ["--max-time", "1s"], reason: /time limit of 1000 ms/, more: ["--max-time", "10m"], done: undefined, delayMs: 400 },
])("$limit stops the run, which says so and goes on to its end when resumed", async ({ limit, reason, more, done, delayMs }) => {
  await using server = await standIn([{ body: completion("1"), delayMs }]);
  await using folder = await project({ "task.ts": countingTask({ count: 8 }), "prices.yaml": PRICES });
  const environment = { ASSAY_PRICES: "prices.yaml" };
  const options = ["-o", `provider.baseURL=${server.url}`, "--concurrency", "1", "--json"];
  const stopped = await folder.assay(["run", "-m", "openai-compatible/local", "-t", "./task.ts", ...options, ...limit], environment);
  const run = onlyRun(stopped);

  expect(run.status).toBe("stopped");
  expect((await recordOf(folder, run)).stopReason).toMatch(reason);
  expect(stopped.stderr).toMatch(reason);
  expect(stopped).toMatchObject({ code: 0, lastLine: expect.stringContaining(`assay run --resume ${run.path}`) });
  const before = await trialsIn(folder, run);
  expect(before.length).toBeGreaterThan(0);
  expect(before.length).toBeLessThan(8);
  if (done !== undefined) expect(before).toHaveLength(done);
  // What was not run is missing, not wrong.
  expect(run.tasks[0]).toMatchObject({ planned: 8, scored: before.length, unscored: 8 - before.length });

  const resumed = onlyRun(await folder.assay(["run", "--resume", run.path, "--json", ...more], environment));
  expect(resumed).toMatchObject({ status: "completed", counts: { planned: 8, completed: 8, resumed: before.length } });
  expect(await trialsIn(folder, run)).toEqual(expect.arrayContaining(before));
  expect(server.received).toHaveLength(8);
  expect(await recordOf(folder, run)).toMatchObject({ status: "completed", counts: { completed: 8 } });
  expect((await recordOf(folder, run)).stopReason).toBeUndefined();
});
