/** What a provider is: where completions come from. Chat goes through the AI SDK's language-model interface. */
import type { LanguageModelV4, SharedV4ProviderOptions } from "@ai-sdk/provider";
import { z } from "zod";
import type { ReferenceStep, ToolStyle } from "./scaffold.ts";
import type { Reference } from "./instance.ts";
import type { Json } from "./json.ts";
import type { FinishReason, Message, ToolCall } from "./message.ts";
import type { OfferedTool } from "./tool.ts";

/** `-o provider.key=value`. Times in milliseconds. */
export const providerOptionsSchema = z.strictObject({
  baseURL: z
    .url()
    .refine(
      (text) => !URL.parse(text)?.username && !URL.parse(text)?.password,
      "credentials do not belong into an address, which is recorded: set the provider's key variable",
    )
    .optional()
    .describe("address of the server's API, often ending in /v1"),
  concurrency: z.number().int().positive().optional().describe("fixed number of calls at once; without it it adapts from 8 up to 64"),
  retries: z.number().int().min(0).optional().describe("retries of one call; default 6 within 5 minutes"),
  timeoutMs: z.number().int().positive().optional().describe("one HTTP request; default 600,000"),
});

export type ProviderOptions = z.output<typeof providerOptionsSchema>;

/** `provider/model?key=value`, taken apart. */
export interface ModelSpec {
  /** As the user wrote it. */
  text: string;
  provider: string;
  model: string;
  query: Record<string, string>;
}

/** The trial a model instance is made for. Only models that play something recorded or known look at it. */
export interface TrialIdentity {
  task: string;
  instanceId: string;
  epoch: number;
  attempt: number;
  /** Place of the instance among all rows of the task's data, from 0. */
  position: number;
  reference?: Reference;
  toolStyle: ToolStyle;
  tools: readonly OfferedTool[];
  /** How the scaffold wants a step written, where it reads them out of text. */
  writeStep?: (step: ReferenceStep) => string;
}

/** The HTTP client that a provider must use: it keeps the raw bodies of every call. */
export type Fetch = typeof globalThis.fetch;

/** One recorded model call: the conversation it was sent and the reply it gave. */
export interface RecordedReply {
  sent: readonly Message[];
  reply: Pick<ModelReply, "text" | "reasoning" | "toolCalls" | "finishReason" | "usage">;
}

/** A stored run, as `replay/` reads it. */
export interface ReplaySource {
  /** The replies of the recorded trial of the same task, instance and epoch, in order; undefined where there is none. */
  recordedReplies(trial: TrialIdentity): Promise<RecordedReply[] | undefined>;
}

/** What another program answered for one trial. */
export interface GivenOutput {
  /** Null where it made none. */
  output: string | null;
  /** What it was asked, where the file says so. */
  question?: string;
  /** Why it made none. */
  error?: string;
  /** What that program scored, by its own names. */
  scores?: Record<string, Json>;
  /** Where the answer stands, for people: "answers.jsonl line 7". */
  place: string;
}

/** A file of answers, as `outputs/` reads it. */
export interface OutputsSource extends AsyncDisposable {
  /** Undefined where the file has no answer for the trial. */
  outputOf(trial: Pick<TrialIdentity, "instanceId" | "position" | "epoch">): Promise<GivenOutput | undefined>;
}

/** What the engine lends to providers. */
export interface ProviderContext {
  /** Opens a stored run by folder or id; fails with `run/not-found`. */
  openRecording?: ((run: string) => Promise<ReplaySource>) | undefined;
  /** Opens a file of answers made by another program; fails with `data/…`. */
  openOutputs?: ((file: string) => Promise<OutputsSource>) | undefined;
}

export interface ModelCapabilities {
  /** Whether it accepts tool definitions. */
  hasToolCalls: boolean;
  /** Whether it makes no network calls: no concurrency control, retries or prices apply. */
  isLocal: boolean;
}

/** A provider's model, opened for a run. */
export interface OpenedModel extends Partial<AsyncDisposable> {
  capabilities: ModelCapabilities;
  /** A language model for one trial. Cheap: called once a trial. `fetch` is the same at every call, so a model without state of its own may be made once. */
  forTrial(trial: TrialIdentity, fetch: Fetch): LanguageModelV4 | Promise<LanguageModelV4>;
  /** Scores that came with a recorded answer; the trial's row keeps them beside its own. */
  givenScores?(trial: TrialIdentity): Promise<Record<string, Json> | undefined>;
  /** What a call says to be told the so many most likely tokens at each place, with their log-probabilities; absent where it cannot be told. */
  logprobOptions?(top: number): SharedV4ProviderOptions;
}

export interface ProviderDefinition {
  name: string;
  description: string;
  /** Environment variables it reads, first the one it cannot do without. Values whose names say key, token or secret are taken out of errors. */
  environment?: readonly string[];
  /** Whether a model's name is that of a file, which is part of what a run is: with another content it cannot be resumed. */
  namesFile?: boolean;
  /** Fails with `model/unauthorized` where a needed key is absent, `usage/…` where the query is not understood. Makes no network call. */
  open(spec: ModelSpec, options: ProviderOptions, context: ProviderContext): Promise<OpenedModel> | OpenedModel;
}

/** Defines a provider; one file in `src/models/providers/` exports it as default. */
export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition;
}

export const usageSchema = z.object({
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  cachedInputTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
});

export type Usage = z.output<typeof usageSchema>;

export const retrySchema = z.object({
  /** HTTP status; null where there was no answer. */
  status: z.number().nullable(),
  message: z.string(),
  /** Body of the failed answer, as text. */
  body: z.string().nullable(),
  latencyMs: z.number(),
  waitMs: z.number(),
});

export type Retry = z.output<typeof retrySchema>;

/** One model call as it went: what the trial goes on with, and what the trace keeps. */
export interface ModelReply {
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
  usage: Usage;
  /** Null where the price is unknown. */
  costUsd: number | null;
  /** The last attempt's bodies as they went over the wire; null for a model that makes no HTTP call. */
  requestBody: string | null;
  responseBody: string | null;
  /** Of the successful attempt. */
  latencyMs: number;
  /** Waiting for a free slot and for retries: not working time. */
  waitedMs: number;
  retries: Retry[];
  /** What the provider could not do as asked, or where a replay departs from its recording. */
  warnings: string[];
}
