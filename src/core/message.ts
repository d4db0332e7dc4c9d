/** Messages of a conversation and the request that a task makes of an instance. */
import { z } from "zod";
import { jsonSchema } from "./json.ts";

export const toolCallSchema = z.object({
  /** The provider's id of the call; null for a call read out of text (bash-block). */
  id: z.string().nullable(),
  name: z.string(),
  input: jsonSchema,
  /** The arguments as the model wrote them, where they are not a JSON object: they were sent on as `{}`. */
  invalidInput: z.string().optional(),
});

/** A model's wish to run a tool. */
export type ToolCall = z.output<typeof toolCallSchema>;

export const messageSchema = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content: z.string() }),
  z.object({ role: z.literal("user"), content: z.string() }),
  z.object({
    role: z.literal("assistant"),
    content: z.string(),
    reasoning: z.string().optional(),
    toolCalls: z.array(toolCallSchema).optional(),
  }),
  z.object({
    role: z.literal("tool"),
    toolCallId: z.string(),
    toolName: z.string(),
    content: z.string(),
    isError: z.boolean().optional(),
  }),
]);

export type Message = z.output<typeof messageSchema>;

export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).optional(),
  topP: z.number().min(0).max(1).optional(),
  maxTokens: z.number().int().positive().optional(),
  seed: z.number().int().optional(),
  stop: z.array(z.string().min(1)).optional(),
});

export type Sampling = z.output<typeof samplingSchema>;

/** Why a model stopped writing. */
export const finishReasonSchema = z.enum(["stop", "length", "content-filter", "tool-calls", "error", "other"]);
export type FinishReason = z.output<typeof finishReasonSchema>;

/** What a task asks of a model for one instance. Models that can only chat refuse the other kinds before a run starts. */
export const requestSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("chat"), messages: z.array(messageSchema).min(1) }),
  z.object({ kind: z.literal("completion"), prompt: z.string() }),
  z.object({ kind: z.literal("loglikelihood"), context: z.string(), continuations: z.array(z.string()).min(1) }),
]);

export type Request = z.output<typeof requestSchema>;
