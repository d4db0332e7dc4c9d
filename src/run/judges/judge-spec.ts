/** `--judge provider/model?temperature=0&baseURL=…`: a model spec whose query also says how the judge is asked and where it is. */
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import { samplingSchema, type Sampling } from "../../core/message.ts";
import { providerOptionsSchema, type ModelSpec, type ProviderOptions } from "../../core/model.ts";
import { parseModelSpec } from "../../models/client.ts";

/** How a judge's answer is got: held to a schema by its server, or written in words and read. */
const answersSchema = z.enum(["schema", "words"]);

export interface JudgeSpec {
  /** Provider, model and what shapes its answers: part of every verdict, and of the key of its reply. */
  id: string;
  /** As the user wrote it. */
  text: string;
  model: ModelSpec;
  sampling: Sampling;
  answers: z.output<typeof answersSchema>;
  provider: ProviderOptions;
}

const number = z.coerce.number();
const samplingQuery = z.object({
  temperature: number.optional(),
  topP: number.optional(),
  maxTokens: number.optional(),
  seed: number.optional(),
});
const providerQuery = z.object({
  baseURL: z.string().optional(),
  concurrency: number.optional(),
  retries: number.optional(),
  timeoutMs: number.optional(),
});

const OWN_KEYS = [...Object.keys(samplingQuery.shape), ...Object.keys(providerQuery.shape), "answers"];

/** Throws `usage/bad-option`. Keys that are not a judge's own go to the provider. */
export function parseJudgeSpec(text: string): JudgeSpec {
  const spec = parseModelSpec(text);
  const { query } = spec;
  const parsed = z
    .object({
      sampling: samplingQuery.pipe(samplingSchema),
      provider: providerQuery.pipe(providerOptionsSchema),
      answers: answersSchema.default("schema"),
    })
    .safeParse({ sampling: query, provider: query, answers: query["answers"] });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = String(issue?.path.at(-1) ?? "");
    throw new AssayError("usage/bad-option", `--judge ${text}: ${key} cannot be ${JSON.stringify(query[key])}: ${issue?.message}.`, {
      hint: `A judge takes ${OWN_KEYS.join(", ")}: openai/gpt-5-mini?temperature=0`,
    });
  }
  const rest = Object.fromEntries(Object.entries(query).filter(([key]) => !OWN_KEYS.includes(key)));
  const { sampling, provider, answers } = parsed.data;
  const shaping = { ...rest, ...sampling, ...(answers === "words" && { answers }) };
  return { id: idOf(spec, shaping), text, model: { ...spec, query: rest }, sampling, answers, provider };
}

function idOf({ provider, model }: ModelSpec, shaping: Record<string, unknown>): string {
  const query = new URLSearchParams(Object.entries(shaping).map(([key, value]): [string, string] => [key, String(value)]));
  query.sort();
  return `${provider}/${model}${query.size === 0 ? "" : `?${query}`}`;
}
