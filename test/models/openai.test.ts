/** OpenAI's two interfaces, against servers that answer as it does. */
import { beforeEach, expect, test, vi } from "vitest";
import openai from "../../src/models/providers/openai.ts";
import { completion, open, standIn, trial, twoTurns, user } from "./stand-in.ts";

beforeEach(() => {
  vi.unstubAllEnvs();
  vi.stubEnv("OPENAI_API_KEY", "key-for-tests");
});

const responses = {
  id: "resp_1",
  object: "response",
  created_at: 1_760_000_000,
  status: "completed",
  model: "gpt-5",
  error: null,
  incomplete_details: null,
  output: [
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Two listings." }], encrypted_content: "gAAAA-sealed" },
    { type: "function_call", id: "fc_1", call_id: "call_a", name: "bash", arguments: '{"command":"ls"}', status: "completed" },
    { type: "function_call", id: "fc_2", call_id: "call_b", name: "bash", arguments: '{"command":"ls x"}', status: "completed" },
  ],
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 40 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 130,
  },
};
const responsesEnd = {
  ...responses,
  id: "resp_2",
  output: [
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "There is a.txt.", annotations: [] }],
    },
  ],
};

test("OpenAI's Responses API is used without state: reasoning goes back sealed, nothing is stored there", async () => {
  const { first, second, received } = await twoTurns(openai, "openai/gpt-5", [{ body: responses }, { body: responsesEnd }]);
  expect(first).toMatchObject({
    text: "",
    reasoning: "Two listings.",
    finishReason: "tool-calls",
    toolCalls: [
      { id: "call_a", name: "bash", input: { command: "ls" } },
      { id: "call_b", name: "bash", input: { command: "ls x" } },
    ],
    usage: { inputTokens: 100, outputTokens: 30, cachedInputTokens: 40, reasoningTokens: 20 },
  });
  expect(first.costUsd).toBeCloseTo((60 * 1.25 + 40 * 0.125 + 30 * 10) / 1e6, 12);
  expect([first.requestBody, second.requestBody]).toEqual(received.map(({ body }) => body));
  expect(second).toMatchObject({ text: "There is a.txt.", finishReason: "stop" });
  expect(received[0]).toMatchObject({
    path: "/v1/responses",
    headers: { authorization: "Bearer key-for-tests" },
    json: { store: false, include: ["reasoning.encrypted_content"] },
  });
  expect(received[1]?.json["input"]).toMatchObject([
    { role: "developer" },
    { role: "user" },
    { type: "reasoning", id: "rs_1", encrypted_content: "gAAAA-sealed" },
    { type: "function_call", call_id: "call_a", arguments: '{"command":"ls"}' },
    { type: "function_call", call_id: "call_b", arguments: '{"command":"ls x"}' },
    { type: "function_call_output", call_id: "call_a", output: "a.txt" },
    { type: "function_call_output", call_id: "call_b", output: "no such folder" },
  ]);
});

test("what OpenAI's Responses API cannot do is a warning, and ?api=chat can", async () => {
  await using server = await standIn([{ body: responsesEnd }, { body: completion("ok") }]);
  const sampling = { stop: ["\n\n"], seed: 7 };
  const signal = new AbortController().signal;
  await using plain = await open(openai, "openai/gpt-4o", { baseURL: server.url });
  const warned = await (await plain.client.forTrial(trial())).call({ messages: [user("a")], tools: [], sampling, signal });
  expect(warned.warnings).toEqual(["unsupported: seed", "unsupported: stopSequences"]);
  await using chat = await open(openai, "openai/gpt-4o?api=chat", { baseURL: server.url });
  const trialModel = await chat.client.forTrial(trial());
  expect((await trialModel.call({ messages: [user("a")], tools: [], sampling, signal })).warnings).toEqual([]);
  expect(server.received[1]).toMatchObject({ path: "/v1/chat/completions", json: { stop: ["\n\n"], seed: 7 } });
  const tooMany = (await chat.client.forTrial(trial())).call({
    messages: [user("a")],
    tools: [],
    sampling: { stop: ["1", "2", "3", "4", "5"] },
    signal,
  });
  await expect(tooMany).rejects.toMatchObject({ code: "usage/bad-override", message: "sampling.stop has 5 texts, and OpenAI allows 4." });
});

test("OpenAI's chat completions carry parallel calls and their results", async () => {
  const calls = [
    { id: "call_a", name: "bash", arguments: '{"command":"ls"}' },
    { id: "call_b", name: "bash", arguments: '{"command":"ls x"}' },
  ];
  const { first, received } = await twoTurns(openai, "openai/gpt-4o-2024-08-06?api=chat", [
    { body: completion("Looking.", calls) },
    { body: completion("done") },
  ]);
  expect(first.costUsd).toBeCloseTo((8 * 2.5 + 4 * 1.25 + 5 * 10) / 1e6, 12);
  expect(received[1]?.json["messages"]).toMatchObject([
    { role: "system" },
    { role: "user" },
    { role: "assistant", content: "Looking.", tool_calls: [{ id: "call_a" }, { id: "call_b" }] },
    { role: "tool", tool_call_id: "call_a", content: "a.txt" },
    { role: "tool", tool_call_id: "call_b", content: "no such folder" },
  ]);
});
