import { expect, test, vi } from "vitest";
import { TOP_LOGPROBS } from "../../src/models/client.ts";
import openai from "../../src/models/providers/openai.ts";
import compatible from "../../src/models/providers/openai-compatible.ts";
import { completion, open, standIn, trial, user } from "./stand-in.ts";

test.each([
  ["openai-compatible/m", compatible, completion("4"), { logprobs: true, top_logprobs: 20 }],
  ["openai/gpt-4.1?api=chat", openai, completion("4"), { logprobs: true, top_logprobs: 20 }],
  ["openai/gpt-4.1", openai, undefined, { include: ["message.output_text.logprobs"], top_logprobs: 20, store: false }],
])("%s asks for as many alternatives as are wanted, and for none where none are", async (spec, provider, answer, asked) => {
  vi.stubEnv("OPENAI_API_KEY", "key");
  const item = {
    type: "message",
    role: "assistant",
    id: "m",
    status: "completed",
    content: [{ type: "output_text", text: "4", annotations: [] }],
  };
  const body = answer ?? { id: "r", created_at: 0, model: "m", output: [item], usage: { input_tokens: 1, output_tokens: 1 } };
  await using server = await standIn([{ body }]);
  await using model = await open(provider, spec, { baseURL: server.url });
  const call = { messages: [user("?")], tools: [], sampling: {}, signal: new AbortController().signal };
  await (await model.client.forTrial(trial())).call({ ...call, topLogprobs: TOP_LOGPROBS });
  await (await model.client.forTrial(trial())).call(call);
  vi.unstubAllEnvs();
  expect(server.received[0]?.json).toMatchObject(asked);
  expect(Object.keys(server.received[1]?.json ?? {})).not.toContain("top_logprobs");
});
