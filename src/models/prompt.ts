/** Between the engine's messages and the AI SDK's: what a conversation looks like to a provider, and what its reply says. */
import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4ToolResultPart,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { z } from "zod";
import { jsonSchema, type Json } from "../core/json.ts";
import type { Message, ToolCall } from "../core/message.ts";
import type { ModelReply, Usage } from "../core/model.ts";

type AssistantMessage = Extract<LanguageModelV4Message, { role: "assistant" }>;
type AssistantParts = AssistantMessage["content"];

/** A conversation in the AI SDK's words. It only grows: each message is converted once. */
export class Conversation {
  readonly prompt: LanguageModelV4Message[] = [];
  #converted = 0;
  #lastReply: { text: string; calls: number; parts: AssistantParts } | undefined;

  /** Converts what is new in `messages`. */
  extend(messages: readonly Message[]): LanguageModelV4Message[] {
    for (const message of messages.slice(this.#converted)) this.#add(message);
    this.#converted = messages.length;
    return this.prompt;
  }

  /** Keeps a reply as the provider gave it: signatures of its reasoning must go back to it unchanged. */
  keep(reply: { text: string; toolCalls: readonly ToolCall[] }, content: readonly LanguageModelV4Content[]): void {
    this.#lastReply = { text: reply.text, calls: reply.toolCalls.length, parts: content.flatMap(sentBack) };
  }

  #add(message: Message): void {
    const last = this.prompt.at(-1);
    // Providers want the results of parallel calls in one message.
    if (message.role === "tool" && last?.role === "tool") last.content.push(toolResult(message));
    else this.prompt.push(message.role === "assistant" ? this.#assistant(message) : promptMessage(message));
  }

  #assistant(message: Extract<Message, { role: "assistant" }>): AssistantMessage {
    const own = this.#lastReply;
    this.#lastReply = undefined;
    const isOwn = own !== undefined && own.text === message.content && own.calls === (message.toolCalls?.length ?? 0);
    return isOwn ? { role: "assistant", content: own.parts } : assistantMessage(message);
  }
}

function promptMessage(message: Exclude<Message, { role: "assistant" }>): LanguageModelV4Message {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "tool":
      return { role: "tool", content: [toolResult(message)] };
  }
}

/** Always as plain text: some providers would wrap an error's text, and the model would see something else than the trace says. */
function toolResult(message: Extract<Message, { role: "tool" }>): LanguageModelV4ToolResultPart {
  return {
    type: "tool-result",
    toolCallId: message.toolCallId,
    toolName: message.toolName,
    output: { type: "text", value: message.content },
  };
}

function assistantMessage(message: Extract<Message, { role: "assistant" }>): AssistantMessage {
  const content: AssistantParts = [];
  if (message.reasoning) content.push({ type: "reasoning", text: message.reasoning });
  if (message.content !== "") content.push({ type: "text", text: message.content });
  // A call without id was read out of the text, where it still stands.
  for (const call of message.toolCalls ?? [])
    if (call.id !== null) content.push({ type: "tool-call", toolCallId: call.id, toolName: call.name, input: call.input });
  return { role: "assistant", content };
}

/** The part of a reply as it goes back into the history; nothing for the kinds that providers do not take back. */
function sentBack(part: LanguageModelV4Content): AssistantParts {
  const kept = part.type !== "source" && part.providerMetadata ? { providerOptions: part.providerMetadata } : {};
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text, ...kept }];
    case "reasoning":
      return [{ type: "reasoning", text: part.text, ...kept }];
    case "tool-call":
      return [{ type: "tool-call", toolCallId: part.toolCallId, toolName: part.toolName, input: toolCallOf(part).input, ...kept }];
    case "custom":
      return [{ type: "custom", kind: part.kind, ...kept }];
    default:
      return [];
  }
}

/** What the trial goes on with, out of a generated result. */
export function replyOf(
  result: LanguageModelV4GenerateResult,
): Pick<ModelReply, "text" | "reasoning" | "toolCalls" | "finishReason" | "usage" | "warnings"> {
  let text = "";
  const reasoning: string[] = [];
  const toolCalls: ToolCall[] = [];
  for (const part of result.content) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning.push(part.text);
    else if (part.type === "tool-call") toolCalls.push(toolCallOf(part));
  }
  const finish = result.finishReason.unified;
  return {
    text,
    reasoning: reasoning.join("\n"),
    toolCalls,
    finishReason: finish === "interrupted" ? "other" : finish,
    usage: usageOf(result.usage),
    warnings: result.warnings.map(warningText),
  };
}

const jsonObjectSchema = z.record(z.string(), jsonSchema);

/** Arguments that are not a JSON object go on as `{}`, the raw text beside them: sent again they would be encoded twice. */
function toolCallOf(part: Extract<LanguageModelV4Content, { type: "tool-call" }>): ToolCall {
  const input = parseArguments(part.input);
  return { id: part.toolCallId, name: part.toolName, input: input ?? {}, ...(input === undefined && { invalidInput: part.input }) };
}

function parseArguments(text: string): Json | undefined {
  if (text.trim() === "") return {};
  try {
    return jsonObjectSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // No JSON, or nested so deep that looking through it has no stack left.
    return undefined;
  }
}

function usageOf(usage: LanguageModelV4GenerateResult["usage"]): Usage {
  return {
    inputTokens: usage.inputTokens.total ?? null,
    outputTokens: usage.outputTokens.total ?? null,
    cachedInputTokens: usage.inputTokens.cacheRead ?? null,
    reasoningTokens: usage.outputTokens.reasoning ?? null,
  };
}

function warningText(warning: SharedV4Warning): string {
  switch (warning.type) {
    case "unsupported":
    case "compatibility":
      return `${warning.type}: ${warning.feature}${warning.details ? ` (${warning.details})` : ""}`;
    case "deprecated":
      return `deprecated: ${warning.setting}: ${warning.message}`;
    case "other":
      return warning.message;
  }
}
