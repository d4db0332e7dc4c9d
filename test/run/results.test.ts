import { expect, test } from "vitest";
import { completion, standIn } from "../models/stand-in.ts";
import { countingTask, onlyRun, project } from "./project.ts";

/** Scores n1 with 1, n2 with 0; cannot score n3; n4 with what is no number. */
const TASK = countingTask({ count: 4 })
  .replace("exactMatch, z", "defineScorer, z")
  .replace(
    /scorers: .*\n/,
    `scorers: [defineScorer({ name: "exact", score: ({ instance: { id } }) => {
      if (id === "n3") throw new Error("the judge is out");
      return { value: { n1: 1, n2: 0, n4: NaN }[id] };
    } })],\n`,
  );

test("what could not be scored is missing, never zero: counted, bounded, and no NaN anywhere", async () => {
  await using folder = await project({ "task.ts": TASK });
  const finished = await folder.assay(["run", "-m", "mock/noop", "-t", "./task.ts", "--json"]);
  const run = onlyRun(finished);

  expect(run.counts).toMatchObject({ planned: 4, completed: 4, error: 0 });
  expect(run.tasks[0]).toMatchObject({
    planned: 4,
    scored: 2,
    unscored: 2,
    metrics: { accuracy: { value: 0.5, n: 2, bounds: { low: 0.25, high: 0.75 } } },
  });
  expect(finished.stdout).not.toMatch(/NaN|Infinity/);
});

test("the cost of a run is unknown as soon as the price of one call is", async () => {
  await using server = await standIn([{ body: completion("1") }]);
  await using folder = await project({
    "task.ts": countingTask({ count: 2 }),
    "prices.yaml": "openai-compatible/known: { input: 1000000, cachedInput: 0, output: 0 }",
  });
  const costOf = async (model: string) => {
    const args = ["run", "-m", `openai-compatible/${model}`, "-t", "./task.ts", "--json", "-o", `provider.baseURL=${server.url}`];
    return onlyRun(await folder.assay(args, { ASSAY_PRICES: "prices.yaml" })).usage;
  };
  expect(await costOf("unknown")).toEqual({ inputTokens: 24, outputTokens: 10, costUsd: null });
  // 12 tokens in, 4 of them cached, in each of two calls.
  expect(await costOf("known")).toEqual({ inputTokens: 24, outputTokens: 10, costUsd: 16 });
});
