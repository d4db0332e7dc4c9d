/** A language model that answers in this process, as the AI SDK's interface. */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Content, LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import type { ToolCall } from "../core/message.ts";
import type { ModelReply, Usage } from "../core/model.ts";

export interface LocalAnswer {
  text?: string;
  reasoning?: string;
  toolCalls?: readonly ToolCall[];
  finishReason?: ModelReply["finishReason"];
  /** Counted roughly where it is not given. */
  usage?: Usage;
  warnings?: readonly string[];
}

/** A model whose answers come from `answer`. It cannot stream: the engine never asks for it. */
export function localModel(
  provider: string,
  modelId: string,
  answer: (options: LanguageModelV4CallOptions) => LocalAnswer,
): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider,
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => generated(options, answer(options)),
    doStream: () => Promise.reject(new Error(`${provider}/${modelId} does not stream.`)),
  };
}

function generated(options: LanguageModelV4CallOptions, answer: LocalAnswer): LanguageModelV4GenerateResult {
  const content: LanguageModelV4Content[] = [];
  if (answer.reasoning) content.push({ type: "reasoning", text: answer.reasoning });
  if (answer.text) content.push({ type: "text", text: answer.text });
  for (const call of answer.toolCalls ?? [])
    content.push({
      type: "tool-call",
      toolCallId: call.id ?? "",
      toolName: call.name,
      input: call.invalidInput ?? JSON.stringify(call.input),
    });
  const usage = answer.usage ?? {
    inputTokens: roughTokens(options.prompt),
    outputTokens: roughTokens(content),
    cachedInputTokens: null,
    reasoningTokens: null,
  };
  return {
    content,
    finishReason: { unified: answer.finishReason ?? (answer.toolCalls?.length ? "tool-calls" : "stop"), raw: undefined },
    usage: {
      inputTokens: {
        total: usage.inputTokens ?? undefined,
        noCache: undefined,
        cacheRead: usage.cachedInputTokens ?? undefined,
        cacheWrite: undefined,
      },
      outputTokens: { total: usage.outputTokens ?? undefined, text: undefined, reasoning: usage.reasoningTokens ?? undefined },
    },
    warnings: (answer.warnings ?? []).map((message) => ({ type: "other", message })),
  };
}

const CHARACTERS_PER_TOKEN = 4;

/** Tokens of the texts in a value, at four characters each. */
function roughTokens(value: unknown): number {
  return Math.ceil(characters(value) / CHARACTERS_PER_TOKEN);
}

function characters(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + characters(item), 0);
}
