import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { rebuildRequestBodies } from "../../src/store/request-bodies.ts";
import { runAssay } from "../cli/run-assay.ts";
import { standIn, type Answer } from "../models/stand-in.ts";
import { oneTrialTask, storedRun } from "./stored-run.ts";

const completion = (message: Record<string, unknown>, finish = "stop") => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "local",
  choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", content: null, ...message } }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});

const calling = (name: string, input: string, id = "call_1") =>
  completion({ tool_calls: [{ id, type: "function", function: { name, arguments: input } }] }, "tool_calls");

test("a server that answers 429 twice, then 500, then malformed tool JSON, then well ends in a completed trial with all of it in the trace", async () => {
  const script: Answer[] = [
    { status: 429, headers: { "retry-after": "0" }, body: { error: { message: "slow down" } } },
    { status: 429, headers: { "retry-after-ms": "5" }, body: { error: { message: "slow down, please" } } },
    { status: 500, body: "oops" },
    { body: calling("bash", '{"command": "echo hi') },
    { body: calling("bash", '{"command": "echo hi"}', "call_2") },
    { body: calling("submit", '{"answer": "42"}', "call_3") },
  ];
  await using server = await standIn(script);
  await using run = await storedRun(oneTrialTask(), [
    "-m",
    "openai-compatible/local",
    "-H",
    "agent",
    "-o",
    `provider.baseURL=${server.url}`,
  ]);

  expect(run.rows[0]).toMatchObject({ status: "completed", output: "42", turns: 3, scores: [{ name: "exact", value: 1 }] });
  const events = await Array.fromAsync(run.events());
  const [first] = events.flatMap((event) => fieldsOf(event, "model.response") ?? []);
  expect(first?.retries.map(({ status, body }) => ({ status, body }))).toEqual([
    { status: 429, body: '{"error":{"message":"slow down"}}' },
    { status: 429, body: '{"error":{"message":"slow down, please"}}' },
    { status: 500, body: "oops" },
  ]);
  const [refused] = events.flatMap((event) => fieldsOf(event, "tool.result") ?? []);
  expect(refused?.failure).toBe("invalid-input");
  expect(refused?.shown).toContain('{"command": "echo hi');
  expect(run.result.counts).toMatchObject({ completed: 1, error: 0 });
});

/** A server that lets the agent call bash `turns` times and then submits. */
const chattering = (turns: number): Answer[] => [
  ...Array.from({ length: turns - 1 }, (_, turn) => ({
    body: calling("bash", JSON.stringify({ command: `echo turn ${turn} ${"x".repeat(40)} ä\u2028"` }), `call_${turn}`),
  })),
  { body: calling("submit", '{"answer": "42"}', "call_end") },
];

test("the exact bytes of every request of a 30-turn trial are rebuilt from its trace", async () => {
  await using server = await standIn(chattering(30));
  await using run = await storedRun(oneTrialTask(), [
    "-m",
    "openai-compatible/local",
    "-H",
    "agent",
    "-o",
    `provider.baseURL=${server.url}`,
    "-o",
    "sampling.temperature=0.2",
  ]);
  const rebuilt = await Array.fromAsync(rebuildRequestBodies(run.path, run.events()));
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  expect(rebuilt).toHaveLength(30);
  expect(rebuilt.map((body) => hash(body.text))).toEqual(server.received.map(({ body }) => hash(body)));
});

test("a trial of 300 turns has a trace of less than 2.2 times that of its 150-turn half", { timeout: 120_000 }, async () => {
  const sizes: number[] = [];
  for (const turns of [150, 300]) {
    await using server = await standIn(chattering(turns));
    await using run = await storedRun(oneTrialTask(), [
      "-m",
      "openai-compatible/local",
      "-H",
      "agent",
      "-o",
      `provider.baseURL=${server.url}`,
      "-o",
      "limits.turns=400",
    ]);
    expect(run.rows[0]).toMatchObject({ status: "completed", turns });
    sizes.push((await stat(join(run.path, run.rows[0]?.trace.file ?? ""))).size);
  }
  expect((sizes[1] ?? 0) / (sizes[0] ?? 1)).toBeLessThan(2.2);
});

test("a wrong key ends the run with one error that names the variable, and nothing is scored", async () => {
  await using server = await standIn([{ status: 401, body: { error: { message: "bad key" } } }]);
  const failed = await runAssay({ "task.ts": oneTrialTask() }, [
    "run",
    "-m",
    "openai-compatible/local",
    "-t",
    "./task.ts",
    "-o",
    `provider.baseURL=${server.url}`,
  ]);
  expect(failed.code).toBe(2);
  expect(failed.stderr.trim().split("\n").at(-1)).toMatch(/^assay: .*bad key.*OPENAI_COMPATIBLE_API_KEY.*\[model\/unauthorized\]$/);
});

test("a server that refuses one request (403, a content policy) fails that trial, not the run", async () => {
  await using server = await standIn([
    { status: 403, body: { error: { message: "this content is not allowed" } } },
    { body: completion({ content: "42" }) },
  ]);
  const task = oneTrialTask()
    .replace("source: () => [{}]", "source: () => [{}, {}, {}]")
    .replace('toInstance: () => ({ id: "only"', "toInstance: (row, index) => ({ id: String(index)");
  await using run = await storedRun(task, [
    "-m",
    "openai-compatible/local",
    "-H",
    "baseline",
    "--concurrency",
    "1",
    "-o",
    `provider.baseURL=${server.url}`,
  ]);
  expect(run.result.counts).toMatchObject({ completed: 2, error: 1 });
  expect(run.rows.find((row) => row.status === "error")?.error?.code).toBe("model/rejected");
});

test("a run's token limit stops its agents at their next turn", async () => {
  await using server = await standIn(chattering(40));
  await using run = await storedRun(oneTrialTask(), [
    "-m",
    "openai-compatible/local",
    "-H",
    "agent",
    "--max-tokens",
    "50",
    "-o",
    `provider.baseURL=${server.url}`,
  ]);
  expect(run.result).toMatchObject({ status: "stopped", stopReason: expect.stringContaining("50 tokens"), counts: { cancelled: 1 } });
  expect(server.received.length).toBeLessThanOrEqual(4);
});

test("a resumed run refuses options that would make it another run", async () => {
  const folder = { "task.ts": oneTrialTask('reference: { text: "42" }').replace("sandbox: {},", "") };
  const first = await runAssay(folder, ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "baseline"]);
  const path = Object.keys(first.files).find((file) => file.endsWith("run.json")) ?? "";
  const again = await runAssay(first.files, ["run", "--resume", path.replace("/run.json", ""), "--epochs", "3"]);
  expect({ code: again.code, stderr: again.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--epochs: a resumed run keeps"),
  });
});
