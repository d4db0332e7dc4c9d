/** A judge model, opened: an auxiliary provider with slots, retries and prices of its own. */
import type { JSONSchema7 } from "@ai-sdk/provider";
import { AssayError, toAssayError } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import { openModel, type ModelClient, type ToolSpec, type TrialModel } from "../../models/client.ts";
import { loadPart } from "../registry.ts";
import { parseJudgeSpec, type JudgeSpec } from "./judge-spec.ts";

/** After a call failed for good because nobody answers, others fail at once for so long: a thousand trials need not each find out. */
const DOWN_MS = 5_000;

export interface JudgeCall {
  /** The whole conversation; between the calls of one JudgeModel it only grows. */
  messages: readonly Message[];
  tools?: readonly ToolSpec[];
  replySchema?: JSONSchema7;
  /** How many alternatives to each token are wanted, where the server tells any. */
  topLogprobs?: number;
  signal: AbortSignal;
  onWait?: (what: string) => void;
  mayStart?: () => void;
  /** Awaited before another call may take its place. */
  keep?: (reply: JudgeModelReply) => Promise<void>;
}

export interface JudgeModelReply extends ModelReply {
  /** What was wanted of the server and not sent, because it takes none. */
  leftOut: readonly Parameter[];
}

/** A judge for one question. */
export interface JudgeModel {
  /** One call. Throws what the model's client throws. */
  call(call: JudgeCall): Promise<JudgeModelReply>;
}

export interface OpenedJudge extends AsyncDisposable {
  readonly spec: JudgeSpec;
  readonly client: ModelClient;
  /** `trial`: whose verdict it is. */
  forQuestion(trial: { task: string; instanceId: string; epoch: number; attempt: number }): Promise<JudgeModel>;
}

/** What servers say of a parameter that they do not take, by the parameter that is then left out. */
const REJECTIONS = {
  schema: /response_format|json_schema|structured output|guided/i,
  temperature: /temperature/i,
  logprobs: /logprob/i,
} as const;

const PARAMETERS = ["schema", "temperature", "logprobs"] as const satisfies (keyof typeof REJECTIONS)[];
type Parameter = keyof typeof REJECTIONS;

/** Makes no network call. Throws `usage/bad-option`, `usage/unknown-name`, `model/unauthorized`. */
export async function openJudge(text: string): Promise<OpenedJudge> {
  const spec = parseJudgeSpec(text);
  const client = await openModel(await loadPart("provider", spec.model.provider), spec.model, spec.provider);
  const down = new Outage();
  const refused = new Set<Parameter>();

  async function call(model: TrialModel, request: JudgeCall): Promise<JudgeModelReply> {
    const { replySchema, topLogprobs, tools = [], keep, ...rest } = request;
    const { temperature, ...sampling } = spec.sampling;
    const wanted = {
      schema: replySchema !== undefined && spec.answers === "schema",
      temperature: temperature !== undefined,
      logprobs: topLogprobs !== undefined,
    };
    const leftOut = PARAMETERS.filter((name) => wanted[name] && refused.has(name));
    const sends = (name: Parameter) => wanted[name] && !leftOut.includes(name);
    try {
      const reply = await model.call({
        ...rest,
        tools,
        sampling: sends("temperature") ? spec.sampling : sampling,
        ...(replySchema && sends("schema") && { replySchema }),
        ...(topLogprobs !== undefined && sends("logprobs") && { topLogprobs }),
        ...(keep && { keep: (reply) => keep({ ...reply, leftOut }) }),
      });
      return { ...reply, leftOut };
    } catch (error) {
      const parameter = refusedParameter(error, sends);
      if (parameter === undefined) throw error;
      refused.add(parameter);
      return call(model, request);
    }
  }

  return {
    spec,
    client,
    async forQuestion(trial) {
      const model = await client.forTrial({ ...trial, position: 0, toolStyle: "none", tools: [] });
      return { call: (request) => down.guard(() => call(model, request)) };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function refusedParameter(error: unknown, sends: (name: Parameter) => boolean): Parameter | undefined {
  if (!(error instanceof AssayError) || error.code !== "model/rejected") return undefined;
  return PARAMETERS.find((name) => sends(name) && REJECTIONS[name].test(error.message));
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
