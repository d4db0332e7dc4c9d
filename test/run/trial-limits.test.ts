import { expect, test } from "vitest";
import { type Answer, completion, standIn } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

const calling = (command: string): Answer => ({
  body: completion(null, [{ id: "c1", name: "bash", arguments: JSON.stringify({ command }) }]),
});
const submitting: Answer = { body: completion(null, [{ id: "c9", name: "submit", arguments: '{"answer":"1"}' }]) };
/** A call of 17 tokens costs 17 dollars. */
const PRICES = "openai-compatible/local: { input: 1000000, cachedInput: 1000000, output: 1000000 }";

/** The one trial of an agent run against a server that answers so. */
async function agentTrial(script: readonly Answer[], ...limits: string[]) {
  await using server = await standIn(script);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }), "prices.yaml": PRICES });
  const options = [`provider.baseURL=${server.url}`, ...limits].flatMap((option) => ["-o", option]);
  const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--json", ...options];
  const finished = await folder.assay(args, { ASSAY_PRICES: "prices.yaml" });
  const run = onlyRun(finished);
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");
  const [reached] = ofType(await eventsOf(folder, run, row), "limit.reached");
  return { row, reached, code: finished.code, requests: server.received.length };
}

test.each([
  ["turns=2", { limit: "turns", turns: 2, toolCalls: 2 }, { value: 2, maximum: 2 }],
  ["tokens=40", { limit: "tokens", turns: 3, toolCalls: 2 }, { value: 51, maximum: 40 }],
  ["costUsd=30", { limit: "costUsd", turns: 2, toolCalls: 1 }, { value: 34, maximum: 30 }],
  ["toolCalls=2", { limit: "toolCalls", turns: 3, toolCalls: 2 }, { value: 2, maximum: 2 }],
])("limits.%s ends the trial with that reason; it is scored and no error", async (limit, ended, reached) => {
  const trial = await agentTrial([calling("true")], `limits.${limit}`);
  expect(trial.row).toMatchObject({ status: "limit", output: null, scores: [{ name: "exact", value: 0 }], ...ended });
  expect(trial.reached).toMatchObject({ limit: ended.limit, ...reached });
  expect(trial).toMatchObject({ code: 0, requests: ended.turns });
});

test("limits.timeMs ends a model call that takes too long", async () => {
  const { row, reached } = await agentTrial([{ ...submitting, delayMs: 20_000 }], "limits.timeMs=1200");
  expect(row).toMatchObject({ status: "limit", limit: "timeMs", turns: 0, scores: [{ value: 0 }] });
  expect(reached).toMatchObject({ limit: "timeMs", maximum: 1200 });
  expect(row.durationMs).toBeLessThan(10_000);
});

test("limits.workingMs ends a command that takes too long, and the trial with it", async () => {
  const { row, reached } = await agentTrial([calling("sleep 20"), submitting], "limits.workingMs=3000");
  expect(row).toMatchObject({ status: "limit", limit: "workingMs", turns: 1, toolCalls: 1 });
  expect(reached?.maximum).toBe(3000);
  expect(row.durationMs).toBeLessThan(10_000);
});

test("waiting for a rate limit is no working time", async () => {
  const busy: Answer = { status: 429, headers: { "retry-after": "5" }, body: { error: { message: "slow down" } } };
  const { row } = await agentTrial([busy, calling("true"), submitting], "limits.workingMs=4800");
  expect(row).toMatchObject({ status: "completed", output: "1", scores: [{ value: 1 }] });
  expect(row.durationMs).toBeGreaterThan(5000);
  expect(row.workingMs).toBeLessThan(row.durationMs - 4900);
});

test("a conversation that the model's context cannot hold is a limit, not an error", async () => {
  const message = "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.";
  const full: Answer = { status: 400, body: { error: { message, code: "context_length_exceeded" } } };
  const { row, reached, code } = await agentTrial([calling("true"), full]);
  expect(row).toMatchObject({ status: "limit", limit: "context", turns: 1, scores: [{ value: 0 }] });
  expect(reached).toMatchObject({ limit: "context", value: 5000, maximum: 4096 });
  expect(code).toBe(0);
});
