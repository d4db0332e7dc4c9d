/** A model opened for a run: one client for all trials, one TrialModel a trial, one call a step. */
import type { JSONSchema7, LanguageModelV4, LanguageModelV4FunctionTool, LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import { AssayError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Message, Sampling } from "../core/message.ts";
import type {
  ModelCapabilities,
  ModelReply,
  ModelSpec,
  OpenedModel,
  ProviderContext,
  ProviderDefinition,
  ProviderOptions,
  TrialIdentity,
  Usage,
} from "../core/model.ts";
import { isSecretName, secretsIn } from "../core/secrets.ts";
import { type Attempted, callWithRetries, type Line } from "./attempts.ts";
import { type ConcurrencyChange, ConcurrencyLimiter } from "./concurrency.ts";
import { costUsd, loadPrices, type Price, priceOf, type PriceTable } from "./prices.ts";
import { Conversation, replyOf } from "./prompt.ts";
import { openTransport } from "./transport.ts";

export { parseModelSpec } from "./spec.ts";

export interface ToolSpec {
  name: string;
  description: string;
  inputSchema: LanguageModelV4FunctionTool["inputSchema"];
}

/** How many alternatives to ask for at each token: the most that OpenAI's API and vLLM's defaults give. */
export const TOP_LOGPROBS = 20;

interface CallOptions {
  /** The whole conversation; between the calls of one TrialModel it only grows. */
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  sampling: Sampling;
  /** Holds the reply to JSON of this schema, where the server can. */
  replySchema?: JSONSchema7;
  /** How many alternatives to each token the server is to tell, in the response's body; where the provider cannot ask for them there are none. */
  topLogprobs?: number;
  signal: AbortSignal;
  /** Told before it waits for a slot or a retry. */
  onWait?: (what: string) => void;
  /** Called when the call has its slot; throws where it is not to be made any more. */
  mayStart?: () => void;
  /** Awaited before the call's slot is given to another: so no more replies than slots can be on their way, or not yet be safe. */
  keep?: (reply: ModelReply) => Promise<void>;
}

export interface TrialModel {
  /** One model call. Throws ModelCallError, ContextOverflow (a LimitReached) or the signal's reason. */
  call(options: CallOptions): Promise<ModelReply>;
}

export interface ModelClient extends AsyncDisposable {
  readonly spec: ModelSpec;
  readonly capabilities: ModelCapabilities;
  /** Whether what its calls cost is known. */
  readonly isPriced: boolean;
  /** US dollars; null where the price is not known. */
  costOf(usage: Usage): number | null;
  forTrial(identity: TrialIdentity): Promise<TrialModel>;
  /** Scores that came with a recorded answer. */
  givenScores(identity: TrialIdentity): Promise<Record<string, Json> | undefined>;
  readonly concurrencyHistory: readonly ConcurrencyChange[];
  readonly concurrency: { limit: number; active: number; waiting: number };
}

export interface ClientSettings extends ProviderContext {
  /** Default: the list prices, extended by the file that ASSAY_PRICES names. */
  prices?: PriceTable;
}

/** Opens a model; no network call is made. Throws what the provider throws for a missing key or an option it does not know. */
export async function openModel(
  definition: ProviderDefinition,
  spec: ModelSpec,
  options: ProviderOptions,
  settings: ClientSettings = {},
): Promise<ModelClient> {
  const opened = await definition.open(spec, options, {
    openRecording: settings.openRecording,
    openOutputs: settings.openOutputs,
  });
  const price = priceOf(settings.prices ?? (await loadPrices(process.env["ASSAY_PRICES"])), `${spec.provider}/${spec.model}`);
  const line: Line = {
    transport: openTransport(),
    limiter: new ConcurrencyLimiter(options.concurrency),
    options,
    model: { model: spec.text, keyVariable: definition.environment?.find(isSecretName) },
    redact: redactorOf(definition.environment ?? []),
    hasAnswered: false,
  };
  return {
    spec,
    capabilities: opened.capabilities,
    isPriced: opened.capabilities.isLocal || price !== null,
    costOf: (usage) => (opened.capabilities.isLocal ? 0 : costUsd(price, usage)),
    forTrial: async (identity) => trialModel(await opened.forTrial(identity, line.transport.fetch), opened, line, price),
    givenScores: async (identity) => opened.givenScores?.(identity),
    get concurrencyHistory() {
      return opened.capabilities.isLocal ? [] : line.limiter.history;
    },
    get concurrency() {
      return line.limiter.state;
    },
    async [Symbol.asyncDispose]() {
      await line.transport[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]?.();
    },
  };
}

function trialModel(model: LanguageModelV4, opened: OpenedModel, line: Line, price: Price | null): TrialModel {
  const conversation = new Conversation();
  return {
    async call({ messages, tools, sampling, replySchema, topLogprobs, signal, onWait = () => {}, mayStart, keep }) {
      signal.throwIfAborted();
      const providerOptions = topLogprobs === undefined ? undefined : opened.logprobOptions?.(topLogprobs);
      const callOptions = {
        prompt: conversation.extend(messages),
        ...sdkSampling(sampling),
        ...(tools.length > 0 && { tools: sdkTools(tools) }),
        ...(replySchema && { responseFormat: { type: "json" as const, name: "answer", schema: replySchema } }),
        ...(providerOptions && { providerOptions }),
        abortSignal: signal,
      };
      const attempt = () => model.doGenerate(callOptions);
      let reply: ModelReply | undefined;
      const take = async (made: Attempted<LanguageModelV4GenerateResult>) => {
        const said = replyOf(made.value);
        conversation.keep(said, made.value.content);
        reply = {
          ...said,
          costUsd: opened.capabilities.isLocal ? 0 : costUsd(price, said.usage),
          requestBody: made.exchange?.requestBody ?? null,
          responseBody: made.exchange?.responseBody ?? null,
          latencyMs: made.latencyMs,
          waitedMs: made.waitedMs,
          retries: made.retries,
        };
        await keep?.(reply);
      };
      if (opened.capabilities.isLocal) {
        mayStart?.();
        await take(await localCall(attempt));
      } else await callWithRetries(line, attempt, { signal, onWait, mayStart, keep: take });
      if (!reply) throw new AssayError("internal/bug", "A model call ended without a reply.");
      return reply;
    },
  };
}

async function localCall<T>(attempt: () => PromiseLike<T>) {
  const startedAt = performance.now();
  const value = await attempt();
  return { value, exchange: undefined, retries: [], latencyMs: performance.now() - startedAt, waitedMs: 0 };
}

function sdkSampling({ temperature, topP, maxTokens, seed, stop }: Sampling) {
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stopSequences: stop }),
  };
}

const convertedTools = new WeakMap<readonly ToolSpec[], LanguageModelV4FunctionTool[]>();

/** Converted once for each list of tools: a run passes the same one at every call. */
function sdkTools(tools: readonly ToolSpec[]): LanguageModelV4FunctionTool[] {
  let converted = convertedTools.get(tools);
  if (!converted) {
    converted = tools.map(({ name, description, inputSchema }) => ({ type: "function", name, description, inputSchema }));
    convertedTools.set(tools, converted);
  }
  return converted;
}

function redactorOf(environment: readonly string[]): (text: string) => string {
  const secrets = secretsIn(Object.fromEntries(environment.map((name) => [name, process.env[name]])));
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}
