import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4, LanguageModelV4Message } from "@ai-sdk/provider";
import { expect, test } from "vitest";
import { readTrace } from "../../src/store/read-trace.ts";
import { rebuildRequestBodies } from "../../src/store/request-bodies.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import { collect, recordCall, recordOf, temporaryFolder } from "./run-folders.ts";

type Fetch = typeof globalThis.fetch;
const key = { apiKey: "none" };

const MODELS: Record<string, (fetch: Fetch) => LanguageModelV4> = {
  "openai chat": (fetch) => createOpenAI({ ...key, fetch }).chat("gpt-4.1"),
  "openai responses": (fetch) => createOpenAI({ ...key, fetch }).responses("gpt-5"),
  anthropic: (fetch) => createAnthropic({ ...key, fetch })("claude-sonnet-4-5"),
  google: (fetch) => createGoogleGenerativeAI({ ...key, fetch })("gemini-2.5-pro"),
  "openai-compatible": (fetch) => createOpenAICompatible({ name: "local", baseURL: "http://localhost:1/v1", fetch })("any"),
};

const user = 'Find out — with "care" — what `é` is.\n'.repeat(5);
const output = 'line "1"\t\\ \u2028 😀\n'.repeat(30);

function conversation(turns: number): LanguageModelV4Message[] {
  const messages: LanguageModelV4Message[] = [
    { role: "system", content: "You are careful." },
    { role: "user", content: [{ type: "text", text: user }] },
  ];
  for (let turn = 1; turn < turns; turn += 1) {
    const call = { toolCallId: `call_${turn}`, toolName: "bash" };
    messages.push({
      role: "assistant",
      content: [
        { type: "text", text: `I look, ${turn}.` },
        { type: "tool-call", ...call, input: { command: `echo "${turn}"` } },
      ],
    });
    messages.push({ role: "tool", content: [{ type: "tool-result", ...call, output: { type: "text", value: output + turn } }] });
  }
  return messages;
}

/** The bodies that the provider's own package sends for a conversation that grows. */
async function sentBodies(open: (fetch: Fetch) => LanguageModelV4): Promise<string[]> {
  const bodies: string[] = [];
  const model = open(async (_, init) => {
    bodies.push(String(init?.body));
    throw new Error("sent");
  });
  for (const turns of [1, 2, 3, 4, 5, 6]) {
    const tool = {
      type: "function" as const,
      name: "bash",
      description: "runs a command",
      inputSchema: { type: "object" as const, properties: { command: { type: "string" as const } } },
    };
    await Promise.resolve(model.doGenerate({ prompt: conversation(turns), tools: [tool], maxOutputTokens: 100 })).catch(() => undefined);
  }
  return bodies;
}

test.each(Object.keys(MODELS))("the bodies that %s is sent are rebuilt byte for byte, each message stored once", async (name) => {
  const bodies = await sentBodies(
    MODELS[name] ??
      (() => {
        throw new Error(name);
      }),
  );
  expect(bodies).toHaveLength(6);
  await using temporary = await temporaryFolder();
  await using folder = await createRunFolder({ out: temporary.path, record: recordOf(), secrets: [] });
  const recorder = folder.openTrial({ trialId: "t", attempt: 1, kind: "stream" });
  recorder.event("message.add", { index: 0, message: { role: "user", content: user } });
  for (const [nth, body] of bodies.entries()) {
    if (nth > 0)
      recorder.event("message.add", {
        index: nth,
        message: { role: "tool", toolCallId: `call_${nth}`, toolName: "bash", content: output + nth },
      });
    recordCall(recorder, nth + 1, body, { text: "ok" });
  }
  const location = await recorder.close();
  const events = await collect(readTrace(folder.path, location));
  const rebuilt = await collect(rebuildRequestBodies(folder.path, readTrace(folder.path, location)));

  expect(rebuilt.map((body) => body.text)).toEqual(bodies);
  expect(rebuilt.every((body) => body.isExact)).toBe(true);
  expect(events.filter((event) => event.type === "frame.add")).toHaveLength(1);
  const text = JSON.stringify(events);
  for (const told of [user, output + 1, output + 5]) expect(text.split(JSON.stringify(told).slice(1, -1))).toHaveLength(2);
});
