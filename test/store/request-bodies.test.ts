import fc from "fast-check";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../../src/core/json.ts";
import { findMessages } from "../../src/store/message-array.ts";
import { conversationOf } from "../../src/store/conversation.ts";
import { readTrace } from "../../src/store/read-trace.ts";
import { rebuildRequestBodies } from "../../src/store/request-bodies.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import type { RunFolder } from "../../src/store/run-folder.ts";
import { collect, recordCall, recordOf, temporaryFolder } from "./run-folders.ts";

async function rebuild(bodies: readonly string[], secrets: string[] = []) {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets });
  const recorder = folder.openTrial({ trialId: "t", attempt: 1, kind: "block" });
  for (const [nth, body] of bodies.entries()) recordCall(recorder, nth + 1, body, { text: "ok" });
  const location = await recorder.close();
  await folder[Symbol.asyncDispose]();
  return collect(rebuildRequestBodies(folder.path, readTrace(folder.path, location)));
}

const message = fc.oneof(
  fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.string({ unit: "binary" }) }),
  fc.record({ role: fc.constant("user"), content: fc.array(fc.record({ type: fc.constant("text"), text: fc.string() })) }),
);
const layout = fc.constantFrom(undefined, 1, "\t");
const key = fc.constantFrom("messages", "contents", "input", "history");

test("every request body of a growing, shrinking or rewritten conversation is rebuilt byte for byte", async () => {
  const conversation = fc.record({
    messages: fc.array(message, { maxLength: 8 }),
    lengths: fc.array(fc.nat(8), { maxLength: 8 }),
    rest: fc.jsonValue(),
    layout,
    key,
  });
  await fc.assert(
    fc.asyncProperty(conversation, async ({ messages, lengths, rest, layout: indent, key: name }) => {
      const bodies = lengths.map((length) =>
        JSON.stringify({ model: "m", system: rest, [name]: messages.slice(0, length), tools: rest, messages: [1] }, null, indent),
      );
      const rebuilt = await rebuild(bodies);
      expect(rebuilt.map((body) => body.text)).toEqual(bodies);
      expect(rebuilt.every((body) => body.isExact)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test("a body that is no JSON, cut or hostile is rebuilt as well", async () => {
  const piece = fc.constantFrom(
    '"',
    "\\",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    '"messages":[',
    '{"messages":[',
    '"input"',
    " ",
    "a",
    "\ud800",
    "é",
  );
  const odd = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          odd,
          odd.map((text) => `{"messages":[${text}`),
          fc.string(),
        ),
        { maxLength: 5 },
      ),
      async (bodies) => {
        expect((await rebuild(bodies)).map((body) => body.text)).toEqual(bodies);
      },
    ),
    { numRuns: 60 },
  );
});

test("the messages found are the array's elements, in their own text", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.jsonValue(), key, layout, (items, other, name, indent) => {
      fc.pre(name !== "history");
      const text = JSON.stringify({ other: [{ messages: [other] }], [name]: items, after: other }, null, indent);
      const found = findMessages(text);
      const pieces = found?.starts.map((start, nth) => text.slice(start, found.ends[nth]));
      expect(pieces?.map((piece) => JSON.parse(piece) as unknown)).toEqual(JSON.parse(JSON.stringify(items)));
      expect(text[(found?.open ?? 0) - 1]).toBe("[");
      expect(text[found?.close ?? 0]).toBe("]");
    }),
  );
});

test("a secret in a body is taken out, and the rebuilt body says so", async () => {
  const secret = 'pass"word\\1é';
  const inner = JSON.stringify({ command: `echo ${secret}` });
  const body = JSON.stringify({ messages: [{ role: "user", content: secret, arguments: inner }] });
  const [rebuilt] = await rebuild([body], [secret]);
  expect(rebuilt).toMatchObject({ isExact: false, redactions: 2, sha256: sha256(body) });
  expect(rebuilt?.text).toBe('{"messages":[{"role":"user","content":"[redacted]","arguments":"{\\"command\\":\\"echo [redacted]\\"}"}]}');
});

const tools = Array.from({ length: 5 }, (_, nth) => ({
  type: "function",
  function: { name: `tool_${nth}`, description: "does something useful ".repeat(5), parameters: {} },
}));

/** An agent's trial as the engine records it: a tool call a turn, 600 characters of output. `mark` adds a moving cache mark. */
async function playAgent(
  folder: RunFolder,
  trialId: string,
  turns: number,
  mark: boolean,
): Promise<{ traceBytes: number; bodies: string[]; messages: number }> {
  const recorder = folder.openTrial({ trialId, attempt: 1, kind: "stream" });
  const wire: Record<string, unknown>[] = [];
  const bodies: string[] = [];
  let index = 0;
  const prompt = "Solve the task. ".repeat(50);
  recorder.event("message.add", { index: index++, message: { role: "user", content: prompt } });
  wire.push({ role: "user", content: prompt });
  for (let turn = 1; turn <= turns; turn += 1) {
    const sent = wire.map((entry, nth) => (mark && nth === wire.length - 1 ? { ...entry, cache: true } : entry));
    const body = JSON.stringify({ model: "m", messages: sent, tools, temperature: 0 });
    bodies.push(body);
    recorder.event("model.request", { call: turn, messages: index, sampling: {}, tools: ["bash"] });
    const text = `Turn ${turn}: I look at the files. `.repeat(6);
    const toolCalls = [{ id: `c${turn}`, name: "bash", input: { command: `cat file-${turn}` } }];
    recorder.event("model.response", {
      call: turn,
      request: recorder.requestBody(body),
      raw: recorder.content(JSON.stringify({ choices: [{ message: { content: text, tool_calls: toolCalls } }] })),
      text,
      toolCalls,
      finishReason: "tool-calls",
      usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: null, reasoningTokens: null },
      costUsd: null,
      latencyMs: 1,
      waitedMs: 0,
      retries: [],
    });
    recorder.event("message.add", { index: index++, message: { role: "assistant", content: text, toolCalls } });
    wire.push({ role: "assistant", content: text, tool_calls: toolCalls });
    recorder.event("tool.call", { call: turn, turn, id: `c${turn}`, name: "bash", input: { command: `cat file-${turn}` } });
    const output = `line "${turn}"\n`.repeat(60);
    recorder.event("sandbox.exec", {
      phase: "tool",
      call: turn,
      command: `cat file-${turn}`,
      stdout: recorder.content(output),
      stderr: "",
      exitCode: 0,
      timedOut: false,
      truncated: false,
      droppedBytes: 0,
      durationMs: 1,
    });
    recorder.event("tool.result", { call: turn, shown: recorder.content(output), cutCharacters: 0, durationMs: 1 });
    recorder.event("message.add", { index: index++, message: { role: "tool", toolCallId: `c${turn}`, toolName: "bash", content: output } });
    wire.push({ role: "tool", tool_call_id: `c${turn}`, content: output });
  }
  const { file } = await recorder.close();
  return { traceBytes: (await stat(join(folder.path, file))).size, bodies, messages: index };
}

test.each([
  { way: "that only grows", mark: false },
  { way: "with a cache mark that moves along", mark: true },
])("the trace of 300 turns of a conversation $way is less than 2.2 times that of its half", async ({ mark }) => {
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  const half = await playAgent(folder, "half", 150, mark);
  const whole = await playAgent(folder, "whole", 300, mark);
  console.log(
    `300 turns: ${whole.traceBytes} bytes, 150 turns: ${half.traceBytes} bytes, ratio ${(whole.traceBytes / half.traceBytes).toFixed(3)}; bodies sent: ${whole.bodies.reduce((sum, body) => sum + body.length, 0)} bytes`,
  );
  expect(whole.traceBytes / half.traceBytes).toBeLessThan(2.2);

  const rebuilt = await collect(rebuildRequestBodies(folder.path, readTrace(folder.path, { file: "traces/whole.1.jsonl" })));
  expect(rebuilt.map((body) => body.sha256)).toEqual(whole.bodies.map((body) => sha256(body)));
  expect(rebuilt.every((body) => body.isExact)).toBe(true);
  const spoken = await collect(conversationOf(readTrace(folder.path, { file: "traces/whole.1.jsonl" })));
  expect(spoken).toHaveLength(whole.messages);
  expect(spoken[1]?.message).toMatchObject({
    role: "assistant",
    content: expect.stringContaining("Turn 1:"),
    toolCalls: [{ name: "bash" }],
  });
  expect(spoken[2]?.message).toEqual({ role: "tool", toolCallId: "c1", toolName: "bash", content: 'line "1"\n'.repeat(60) });
});
