import { afterEach, expect, test, vi } from "vitest";
import { sha256 } from "../../src/core/json.ts";
import { AssayError, LimitReached } from "../../src/index.ts";
import { failedCallOf } from "../../src/models/call-error.ts";
import provider from "../../src/models/providers/openai-compatible.ts";
import { completion, open, result, said, standIn, trial, user } from "./stand-in.ts";

afterEach(() => vi.unstubAllEnvs());

const soon = { "retry-after-ms": "5" };

/** The error of a call against a server with this script. */
async function failing(script: Parameters<typeof standIn>[0], options = {}) {
  await using server = await standIn(script);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url, ...options });
  const error: unknown = await model.ask(await model.client.forTrial(trial()), [user("hello")]).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("the call succeeded");
  return { error, url: server.url, requests: server.received.length, waits: model.waits };
}

test("a call survives two rate limits, a server error and malformed tool arguments, and keeps all of it", async () => {
  const malformed = '{"command": "ls';
  await using server = await standIn([
    { status: 429, headers: soon, body: { error: { message: "slow down" } } },
    { status: 429, headers: soon, body: { error: { message: "slow down" } } },
    { status: 500, headers: soon, body: "<html>oops</html>" },
    { body: completion(null, [{ id: "c1", name: "bash", arguments: malformed }]) },
    { body: completion("done") },
  ]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const trialModel = await model.client.forTrial(trial());
  const messages = [user("hello")];
  const first = await model.ask(trialModel, messages);
  expect(first.retries.map(({ status, message, body }) => ({ status, message, body }))).toEqual([
    { status: 429, message: "slow down", body: '{"error":{"message":"slow down"}}' },
    { status: 429, message: "slow down", body: '{"error":{"message":"slow down"}}' },
    { status: 500, message: "Internal Server Error", body: "<html>oops</html>" },
  ]);
  expect(model.waits).toEqual([
    expect.stringMatching(/^rate limited \(429\), trying again in 0\.\d s \(1 of 6\)$/),
    expect.stringMatching(/^rate limited \(429\), trying again in 0\.\d s \(2 of 6\)$/),
    expect.stringMatching(/^server error \(500\), trying again in 0\.\d s \(3 of 6\)$/),
  ]);
  expect(first.waitedMs).toBeGreaterThanOrEqual(15);
  expect(first.toolCalls).toEqual([{ id: "c1", name: "bash", input: {}, invalidInput: malformed }]);
  messages.push(said(first), result("c1", "invalid arguments"));
  const second = await model.ask(trialModel, messages);
  expect(second.text).toBe("done");
  expect(server.received[4]?.json["messages"]).toEqual([
    { role: "user", content: "hello" },
    { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "bash", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "c1", content: "invalid arguments" },
  ]);
});

test("the recorded bodies are what went over the wire", async () => {
  const body = JSON.stringify(completion("naïve ✓"), null, 1);
  await using server = await standIn([{ body }]);
  await using model = await open(provider, "openai-compatible/org/m-1", { baseURL: server.url });
  const trialModel = await model.client.forTrial(trial());
  const messages = [user("first é 漢")];
  for (let turn = 0; turn < 5; turn++) {
    const reply = await model.ask(trialModel, messages);
    expect(sha256(reply.requestBody ?? "")).toBe(sha256(server.received[turn]?.body ?? "-"));
    expect(reply.responseBody).toBe(body);
    messages.push(said(reply), user(`turn ${turn}`));
  }
  expect(server.received.at(-1)?.json["model"]).toBe("org/m-1");
  expect(server.received.at(-1)?.headers["authorization"]).toBeUndefined();
});

test("trials that run at once keep their own bodies", async () => {
  await using server = await standIn([{ body: completion("ok"), delayMs: 5 }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const replies = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => model.ask(await model.client.forTrial(trial()), [user(`question ${n}`)])),
  );
  expect(replies.map((reply) => /question \d+/.exec(reply.requestBody ?? "")?.[0])).toEqual(
    Array.from({ length: 40 }, (_, n) => `question ${n}`),
  );
  expect(model.client.concurrencyHistory.map(({ limit }) => limit)).toEqual([8, 16, 32]);
  expect(model.waits).toContain("waiting for one of 8 model slots (0 before it)");
});

test("usage and an unknown price are told apart from zero", async () => {
  await using server = await standIn([{ body: completion("a") }, { body: { ...completion("b"), usage: undefined } }]);
  await using model = await open(
    provider,
    "openai-compatible/m",
    { baseURL: server.url },
    { prices: { "openai-compatible/m": { input: 1, cachedInput: 0.5, output: 2 } } },
  );
  const trialModel = await model.client.forTrial(trial());
  const known = await model.ask(trialModel, [user("a")]);
  expect([known.usage, known.costUsd]).toEqual([
    { inputTokens: 12, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 0 },
    (8 * 1 + 4 * 0.5 + 5 * 2) / 1e6,
  ]);
  const unknown = await model.ask(trialModel, [user("a"), said(known), user("b")]);
  expect([unknown.usage.inputTokens, unknown.costUsd]).toEqual([null, null]);
});

test("a wait that the server asks for is kept", async () => {
  await using server = await standIn([{ status: 503, headers: { "retry-after": "1" }, body: {} }, { body: completion("ok") }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const started = performance.now();
  const reply = await model.ask(await model.client.forTrial(trial()), [user("a")]);
  expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  expect(reply.retries[0]?.waitMs).toBeGreaterThanOrEqual(1000);
  expect(reply.latencyMs).toBeLessThan(1000);
});

test("a wait longer than the retry window fails at once and says how long was asked", async () => {
  const { error, requests } = await failing([
    { status: 429, headers: { "retry-after": "3600" }, body: { error: { message: "slow down" } } },
  ]);
  expect(error).toMatchObject({
    code: "model/overloaded",
    message:
      "openai-compatible/m: HTTP 429: slow down; it asks to wait 3600 s, more than is left of the 300 s in which a call is tried again.",
  });
  expect(requests).toBe(1);
});

test("retries end, and the error holds what was learned", async () => {
  const { error, requests } = await failing([{ status: 500, headers: soon, body: { error: { message: "broken" } } }], { retries: 2 });
  expect(error).toMatchObject({ code: "model/overloaded", message: "openai-compatible/m: HTTP 500: broken (tried 3 times)." });
  expect(requests).toBe(3);
  expect(failedCallOf(error)).toMatchObject({
    requestBody: expect.stringContaining("hello"),
    responseBody: '{"error":{"message":"broken"}}',
    retries: [{ status: 500 }, { status: 500 }],
  });
});

test("an answer that is not a completion is tried again, then said", async () => {
  const { error, requests } = await failing(
    [
      { headers: soon, body: "<html>a login page</html>" },
      { headers: soon, body: { choices: [] } },
    ],
    { retries: 1 },
  );
  expect(error).toMatchObject({ code: "model/bad-response" });
  expect([requests, failedCallOf(error)?.retries[0]?.body]).toEqual([2, "<html>a login page</html>"]);
});

test("a broken connection is tried again", async () => {
  await using server = await standIn([{ isCut: true, body: "" }, { body: completion("ok") }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const reply = await model.ask(await model.client.forTrial(trial()), [user("a")]);
  expect([reply.text, reply.retries.length, reply.retries[0]?.status]).toEqual(["ok", 1, null]);
});

test("a server that does not answer in time is an error that says so", async () => {
  const { error } = await failing([{ body: completion("late"), delayMs: 2000 }], { timeoutMs: 50, retries: 0 });
  expect(error).toMatchObject({ code: "model/disconnected", message: expect.stringContaining("no answer within 0.05 s (timeout)") });
});

test("a refused key names its variable and never shows the key", async () => {
  vi.stubEnv("OPENAI_COMPATIBLE_API_KEY", "sk-very-secret-value");
  const { error, requests } = await failing([
    { status: 401, body: { error: { message: "Incorrect API key provided: sk-very-secret-value" } } },
  ]);
  expect(error).toMatchObject({
    code: "model/unauthorized",
    message: "openai-compatible/m: HTTP 401: Incorrect API key provided: [redacted].",
    hint: "Set OPENAI_COMPATIBLE_API_KEY to a valid key.",
  });
  expect(failedCallOf(error)?.responseBody).not.toContain("secret");
  expect(requests).toBe(1);
});

test("no server at the address is said after a few quick tries", async () => {
  const started = performance.now();
  await using model = await open(provider, "openai-compatible/m", { baseURL: "http://127.0.0.1:9/v1" });
  const call = model.ask(await model.client.forTrial(trial()), [user("a")]);
  await expect(call).rejects.toMatchObject({
    code: "model/unreachable",
    message: expect.stringContaining("no server answers at http://127.0.0.1:9/v1/chat/completions"),
  });
  expect(performance.now() - started).toBeLessThan(4000);
  expect(model.waits).toHaveLength(2);
});

test.each([
  [
    "OpenAI",
    400,
    {
      error: {
        message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        code: "context_length_exceeded",
      },
    },
    "context: 9001 of 8192",
  ],
  [
    "vLLM",
    400,
    {
      object: "error",
      message:
        "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens (2000 in the messages, 100 in the completion).",
      code: 400,
    },
    "context: 2100 of 2048",
  ],
  [
    "newer vLLM",
    400,
    { error: { message: "The decoder prompt (length 5000) is longer than the maximum model length of 2048." } },
    "context: 5000 of 2048",
  ],
  [
    "llama.cpp",
    400,
    {
      error: {
        code: 400,
        message: "the request exceeds the available context size",
        type: "exceed_context_size_error",
        n_prompt_tokens: 600,
        n_ctx: 512,
      },
    },
    "context: 600 of 512",
  ],
  ["a server without numbers", 400, { error: { message: "context_length_exceeded" } }, "context: 0 of 0"],
])("a conversation too long for %s is a limit, not an error", async (_name, status, body, message) => {
  const { error, requests } = await failing([{ status, body }]);
  expect(error).toBeInstanceOf(LimitReached);
  expect([error.message, requests]).toEqual([message, 1]);
  expect(failedCallOf(error)?.responseBody).toBe(JSON.stringify(body));
});

test("a refused request is not tried again", async () => {
  const { error, requests } = await failing([{ status: 404, body: { error: { message: "The model `m` does not exist." } } }]);
  expect(error).toMatchObject({
    code: "model/rejected",
    message: "openai-compatible/m: HTTP 404: The model `m` does not exist.",
    hint: expect.stringContaining("model's name"),
  });
  const quota = await failing([{ status: 429, body: { error: { message: "You exceeded your quota", code: "insufficient_quota" } } }]);
  expect([requests, quota.requests, quota.error]).toMatchObject([1, 1, { code: "model/rejected" }]);
});

test("a redirect is not followed: the key stays with the server it was given for", async () => {
  const { error } = await failing([{ status: 308, headers: { location: "http://127.0.0.1:9/" }, body: "" }]);
  expect(error).toMatchObject({ code: "model/rejected", hint: expect.stringContaining("provider.baseURL") });
});

test("cancelling ends a wait for a retry with the reason given", async () => {
  await using server = await standIn([{ status: 500, headers: { "retry-after": "60" }, body: {} }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const controller = new AbortController();
  const call = model.ask(await model.client.forTrial(trial()), [user("a")], controller.signal);
  const reason = new LimitReached("timeMs", 1, 1);
  await vi.waitFor(() => expect(model.waits).toHaveLength(1));
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
  expect(model.client.concurrency).toMatchObject({ active: 0 });
});

test("cancelling ends a request under way with the reason given", async () => {
  await using server = await standIn([{ body: completion("late"), delayMs: 5000 }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const controller = new AbortController();
  const call = model.ask(await model.client.forTrial(trial()), [user("a")], controller.signal);
  await vi.waitFor(() => expect(server.received).toHaveLength(1));
  controller.abort(new AssayError("internal/bug", "stop"));
  await expect(call).rejects.toThrow("stop");
});

test("an address that is missing or no URL is refused before any call", async () => {
  vi.stubEnv("OPENAI_COMPATIBLE_BASE_URL", "");
  await expect(open(provider, "openai-compatible/m")).rejects.toMatchObject({
    code: "usage/bad-option",
    hint: expect.stringContaining("OPENAI_COMPATIBLE_BASE_URL"),
  });
  vi.stubEnv("OPENAI_COMPATIBLE_BASE_URL", "localhost:8000");
  await expect(open(provider, "openai-compatible/m")).rejects.toMatchObject({
    code: "usage/bad-option",
    message: 'The address of openai-compatible/m is not an http URL: "localhost:8000".',
  });
});

test("thoughts that a server leaves in the text become reasoning where their tag is named", async () => {
  const text = "<think>2 and 2</think>The answer is 4.";
  await using server = await standIn([{ body: completion(text) }]);
  await using plain = await open(provider, "openai-compatible/m", { baseURL: server.url });
  expect(await plain.ask(await plain.client.forTrial(trial()), [user("2+2?")])).toMatchObject({ text, reasoning: "" });
  await using tagged = await open(provider, "openai-compatible/m?reasoningTag=think", { baseURL: server.url });
  const reply = await tagged.ask(await tagged.client.forTrial(trial()), [user("2+2?")]);
  expect(reply).toMatchObject({ text: "The answer is 4.", reasoning: "2 and 2" });
  expect(JSON.parse(reply.responseBody ?? "")).toMatchObject({ choices: [{ message: { content: text } }] });
});
