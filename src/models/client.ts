/** A model opened for a run: one client for all trials, one TrialModel a trial, one call a step. */
import type { LanguageModelV4, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
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
} from "../core/model.ts";
import { isSecretName, secretsIn } from "../core/secrets.ts";
import { callWithRetries, type Line } from "./attempts.ts";
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

interface CallOptions {
  /** The whole conversation; between the calls of one TrialModel it only grows. */
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  sampling: Sampling;
  /** How many alternatives to each token the server is to tell, in the response's body; where the provider cannot ask for them there are none. */
  topLogprobs?: number;
  signal: AbortSignal;
  /** Told before it waits for a slot or a retry. */
  onWait?: (what: string) => void;
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
  forTrial(identity: TrialIdentity): Promise<TrialModel>;
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
  const opened = await definition.open(spec, options, { openRecording: settings.openRecording });
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
    forTrial: async (identity) => trialModel(await opened.forTrial(identity, line.transport.fetch), opened, line, price),
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
    async call({ messages, tools, sampling, topLogprobs, signal, onWait = () => {} }) {
      signal.throwIfAborted();
      const providerOptions = topLogprobs === undefined ? undefined : opened.logprobOptions?.(topLogprobs);
      const callOptions = {
        prompt: conversation.extend(messages),
        ...sdkSampling(sampling),
        ...(tools.length > 0 && { tools: sdkTools(tools) }),
        ...(providerOptions && { providerOptions }),
        abortSignal: signal,
      };
      const attempt = () => model.doGenerate(callOptions);
      const made = opened.capabilities.isLocal ? await localCall(attempt) : await callWithRetries(line, attempt, signal, onWait);
      const reply = replyOf(made.value);
      conversation.keep(reply, made.value.content);
      return {
        ...reply,
        costUsd: opened.capabilities.isLocal ? 0 : costUsd(price, reply.usage),
        requestBody: made.exchange?.requestBody ?? null,
        responseBody: made.exchange?.responseBody ?? null,
        latencyMs: made.latencyMs,
        waitedMs: made.waitedMs,
        retries: made.retries,
      };
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
