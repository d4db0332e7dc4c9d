/** A judge model, opened: an auxiliary provider with slots, retries and prices of its own. */
import type { JSONSchema7 } from "@ai-sdk/provider";
import { AssayError, toAssayError } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import { openModel, type ModelClient, type TrialModel } from "../../models/client.ts";
import { loadPart } from "../registry.ts";
import { parseJudgeSpec, type JudgeSpec } from "./judge-spec.ts";

/** After a call failed for good because nobody answers, others fail at once for so long: a thousand trials need not each find out. */
const DOWN_MS = 5_000;

interface JudgeCall {
  messages: readonly Message[];
  replySchema: JSONSchema7;
  /** How many alternatives to each token are wanted, where the server tells any. */
  topLogprobs?: number;
  /** Whose verdict it is. */
  trial: { task: string; instanceId: string; epoch: number; attempt: number };
  signal: AbortSignal;
  onWait?: (what: string) => void;
  mayStart?: () => void;
  /** Awaited before another call may take its place. */
  keep: (reply: ModelReply) => Promise<void>;
}

export interface OpenedJudge extends AsyncDisposable {
  readonly spec: JudgeSpec;
  readonly client: ModelClient;
  /** One call. Throws what the model's client throws. */
  ask(call: JudgeCall): Promise<ModelReply>;
  forTrial(trial: JudgeCall["trial"]): Promise<TrialModel>;
}

/** What servers say of a parameter that they do not take, by the parameter that is then left out. */
const REJECTIONS = {
  schema: /response_format|json_schema|structured output|guided/i,
  temperature: /temperature/i,
  logprobs: /logprob/i,
} as const;

type Parameter = keyof typeof REJECTIONS;

/** Makes no network call. Throws `usage/bad-option`, `usage/unknown-name`, `model/unauthorized`. */
export async function openJudge(text: string): Promise<OpenedJudge> {
  const spec = parseJudgeSpec(text);
  const client = await openModel(await loadPart("provider", spec.model.provider), spec.model, spec.provider);
  const down = new Outage();
  const leftOut = new Set<Parameter>();
  const forTrial: OpenedJudge["forTrial"] = (trial) => client.forTrial({ ...trial, position: 0, toolStyle: "none", tools: [] });

  async function ask(call: JudgeCall): Promise<ModelReply> {
    const { trial, ...rest } = call;
    const { temperature, ...sampling } = spec.sampling;
    const usesSchema = spec.answers === "schema" && !leftOut.has("schema");
    const usesTemperature = temperature !== undefined && !leftOut.has("temperature");
    const usesLogprobs = rest.topLogprobs !== undefined && !leftOut.has("logprobs");
    const model = await forTrial(trial);
    try {
      const { replySchema, topLogprobs, ...common } = rest;
      return await model.call({
        ...common,
        tools: [],
        sampling: usesTemperature ? { ...sampling, temperature } : sampling,
        ...(usesSchema && { replySchema }),
        ...(usesLogprobs && { topLogprobs }),
      });
    } catch (error) {
      const refused = refusedParameter(error, { schema: usesSchema, temperature: usesTemperature, logprobs: usesLogprobs });
      if (refused === undefined) throw error;
      leftOut.add(refused);
      return ask(call);
    }
  }

  return {
    spec,
    client,
    forTrial,
    ask: (call) => down.guard(() => ask(call)),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function refusedParameter(error: unknown, sent: Record<Parameter, boolean>): Parameter | undefined {
  if (!(error instanceof AssayError) || error.code !== "model/rejected") return undefined;
  const names: Parameter[] = ["schema", "temperature", "logprobs"];
  return names.find((name) => sent[name] && REJECTIONS[name].test(error.message));
}

/** Remembers for a while that nobody answers. */
class Outage {
  #error: AssayError | undefined;
  #until = 0;

  async guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#error !== undefined && performance.now() < this.#until) throw this.#error;
    try {
      const value = await call();
      this.#error = undefined;
      return value;
    } catch (error) {
      const { code } = toAssayError(error);
      if (error instanceof AssayError && (code === "model/unreachable" || code === "model/unauthorized")) {
        this.#error = error;
        this.#until = performance.now() + DOWN_MS;
      }
      throw error;
    }
  }
}
