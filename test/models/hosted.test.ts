/** Anthropic and Google, and what all hosted providers share, against servers that answer as theirs do. */
import { beforeEach, expect, test, vi } from "vitest";
import anthropic from "../../src/models/providers/anthropic.ts";
import google from "../../src/models/providers/google.ts";
import openai from "../../src/models/providers/openai.ts";
import { open, standIn, trial, twoTurns, user } from "./stand-in.ts";

beforeEach(() => {
  vi.unstubAllEnvs();
  for (const name of ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]) vi.stubEnv(name, "key-for-tests");
});

const anthropicMessage = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5-20250929",
  stop_reason: "tool_use",
  stop_sequence: null,
  content: [
    { type: "thinking", thinking: "Two listings.", signature: "EqQBCkYI-signature" },
    { type: "text", text: "Looking." },
    { type: "tool_use", id: "toolu_a", name: "bash", input: { command: "ls" } },
    { type: "tool_use", id: "toolu_b", name: "bash", input: { command: "ls x" } },
  ],
  usage: { input_tokens: 50, cache_creation_input_tokens: 0, cache_read_input_tokens: 10, output_tokens: 30 },
};

test("Anthropic gets its thinking back with the signature, and both results in one message", async () => {
  const end = { ...anthropicMessage, id: "msg_2", stop_reason: "end_turn", content: [{ type: "text", text: "There is a.txt." }] };
  const { first, second, received } = await twoTurns(anthropic, "anthropic/claude-haiku-4-5", [{ body: anthropicMessage }, { body: end }]);
  expect(first).toMatchObject({
    text: "Looking.",
    reasoning: "Two listings.",
    toolCalls: [{ id: "toolu_a", input: { command: "ls" } }, { id: "toolu_b" }],
    usage: { inputTokens: 60, outputTokens: 30, cachedInputTokens: 10 },
  });
  expect(first.costUsd).toBeCloseTo((50 * 1 + 10 * 0.1 + 30 * 5) / 1e6, 12);
  expect(second.text).toBe("There is a.txt.");
  expect([first.requestBody, second.requestBody]).toEqual(received.map(({ body }) => body));
  expect(received[0]).toMatchObject({ path: "/v1/messages", headers: { "x-api-key": "key-for-tests" } });
  expect(received[1]?.json["messages"]).toMatchObject([
    { role: "user" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Two listings.", signature: "EqQBCkYI-signature" },
        { type: "text" },
        { type: "tool_use", id: "toolu_a", input: { command: "ls" } },
        { type: "tool_use", id: "toolu_b" },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_a", content: "a.txt" },
        { type: "tool_result", tool_use_id: "toolu_b", content: "no such folder" },
      ],
    },
  ]);
});

const googleReply = {
  candidates: [
    {
      content: {
        role: "model",
        parts: [
          { text: "Looking.", thoughtSignature: "c2ln-text" },
          { functionCall: { name: "bash", args: { command: "ls" } }, thoughtSignature: "c2ln-call" },
          { functionCall: { name: "bash", args: { command: "ls x" } } },
        ],
      },
      finishReason: "STOP",
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 40, candidatesTokenCount: 12, thoughtsTokenCount: 8, totalTokenCount: 60 },
  modelVersion: "gemini-2.5-flash",
};

test("Google gets its thought signatures back, and both results in one message", async () => {
  const end = {
    ...googleReply,
    candidates: [{ content: { role: "model", parts: [{ text: "There is a.txt." }] }, finishReason: "STOP", index: 0 }],
  };
  const { first, second, received } = await twoTurns(google, "google/gemini-2.5-flash", [{ body: googleReply }, { body: end }]);
  expect(first).toMatchObject({
    text: "Looking.",
    finishReason: "tool-calls",
    toolCalls: [{ input: { command: "ls" } }, { input: { command: "ls x" } }],
    usage: { inputTokens: 40, outputTokens: 20, reasoningTokens: 8 },
  });
  expect(first.costUsd).toBeCloseTo((40 * 0.3 + 20 * 2.5) / 1e6, 12);
  expect(second.text).toBe("There is a.txt.");
  expect([first.requestBody, second.requestBody]).toEqual(received.map(({ body }) => body));
  expect(received[0]).toMatchObject({
    path: "/v1/models/gemini-2.5-flash:generateContent",
    headers: { "x-goog-api-key": "key-for-tests" },
  });
  expect(received[1]?.json["contents"]).toMatchObject([
    { role: "user" },
    {
      role: "model",
      parts: [
        { text: "Looking.", thoughtSignature: "c2ln-text" },
        { functionCall: { name: "bash" }, thoughtSignature: "c2ln-call" },
        { functionCall: { name: "bash" } },
      ],
    },
    { role: "user", parts: [{ functionResponse: { name: "bash" } }, { functionResponse: { name: "bash" } }] },
  ]);
});

test.each([
  [
    openai,
    "openai/gpt-5",
    {
      error: {
        message: "Your input exceeds the context window of this model.",
        type: "invalid_request_error",
        param: "input",
        code: "context_length_exceeded",
      },
    },
    "context: 0 of 0",
  ],
  [
    anthropic,
    "anthropic/claude-haiku-4-5",
    { type: "error", error: { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" } },
    "context: 210000 of 200000",
  ],
  [
    google,
    "google/gemini-2.5-flash",
    {
      error: {
        code: 400,
        message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        status: "INVALID_ARGUMENT",
      },
    },
    "context: 1200000 of 1048576",
  ],
])("$1 says in its own words that a conversation is too long", async (provider, spec, body, message) => {
  await using server = await standIn([{ status: 400, body }]);
  await using model = await open(provider, spec, { baseURL: server.url });
  await expect(model.ask(await model.client.forTrial(trial()), [user("a")])).rejects.toMatchObject({
    name: "LimitReached",
    limit: "context",
    message,
  });
});

test.each([
  [openai, "openai/gpt-5", "OPENAI_API_KEY"],
  [anthropic, "anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY"],
  [google, "google/gemini-2.5-flash", "GOOGLE_GENERATIVE_AI_API_KEY"],
])("$1 without its key, or with a wrong one, names the variable", async (provider, spec, variable) => {
  await using server = await standIn([
    { status: 401, body: { error: { type: "authentication_error", message: "invalid key", code: 401, status: "UNAUTHENTICATED" } } },
  ]);
  await using model = await open(provider, spec, { baseURL: server.url });
  await expect(model.ask(await model.client.forTrial(trial()), [user("a")])).rejects.toMatchObject({
    code: "model/unauthorized",
    hint: `Set ${variable} to a valid key.`,
  });
  vi.stubEnv(variable, "");
  await expect(open(provider, spec)).rejects.toMatchObject({
    code: "model/unauthorized",
    message: `${spec} needs a key in ${variable}, which is not set.`,
    hint: `export ${variable}=…`,
  });
});

test("Anthropic's overload is tried again and lowers the concurrency", async () => {
  await using server = await standIn([
    {
      status: 529,
      headers: { "retry-after-ms": "5" },
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    },
    { body: anthropicMessage },
  ]);
  await using model = await open(anthropic, "anthropic/claude-haiku-4-5", { baseURL: server.url });
  const reply = await model.ask(await model.client.forTrial(trial()), [user("a")]);
  expect([reply.retries[0]?.status, reply.retries[0]?.message]).toEqual([529, "Overloaded"]);
  expect(model.client.concurrencyHistory).toMatchObject([
    { limit: 8, reason: "start" },
    { limit: 4, reason: "rate limited (529)" },
  ]);
});
