/** One sample of an Inspect AI log as an answer. */
import { z } from "zod";
import type { Json } from "../../../core/json.ts";
import { givenScoreSchema, parsedAs, type OutputRecord, type Place } from "../record.ts";

/** A text, or its parts, of which only text is read. */
const contentSchema = z.union([z.string(), z.array(z.looseObject({ type: z.string().nullish(), text: z.string().nullish() }))]);
type Content = z.output<typeof contentSchema>;

const messageSchema = z.looseObject({ content: contentSchema.catch("") });

/** Only what is read of it, and that as loosely as it goes: the rest of a sample is its history. */
const sampleSchema = z.looseObject({
  id: z.union([z.string().min(1), z.number()]).transform(String),
  epoch: z.int().min(1).default(1),
  input: z.union([z.string(), z.array(messageSchema)]),
  choices: z.array(z.string()).nullish(),
  target: z.union([z.string(), z.array(z.string())]).nullish(),
  output: z
    .looseObject({
      completion: z.string().nullish(),
      choices: z.array(z.looseObject({ message: messageSchema })).nullish(),
    })
    .nullish(),
  scores: z.record(z.string(), z.looseObject({ value: givenScoreSchema })).nullish(),
  error: z.looseObject({ message: z.string() }).nullish(),
  invalidation: z.unknown().optional(),
  attachments: z.record(z.string(), z.string()).nullish(),
});
type Sample = z.output<typeof sampleSchema>;

/** Texts that stand elsewhere, by what `attachment://` is followed by. */
export type Attachments = (key: string) => string | undefined;

/** Throws `data/invalid` that names the field. `attachments` stands in for those of the sample itself. */
export function sampleOutput(value: unknown, at: Place, attachments?: Attachments): OutputRecord {
  const sample = parsedAs(sampleSchema, value, at, "an Inspect AI log");
  const own = sample.attachments ?? {};
  const resolve = resolver(attachments ?? ((key) => (Object.hasOwn(own, key) ? own[key] : undefined)));
  const { id, epoch, input, choices, target, error } = sample;
  const question = typeof input === "string" ? resolve(input) : input.map(({ content }) => textOf(content, resolve)).join("\n\n");
  const failure = error?.message ?? (sample.invalidation == null ? undefined : "the sample was invalidated");
  return {
    namedBy: "id",
    instanceId: id,
    epoch,
    output: failure === undefined ? outputOf(sample, resolve) : null,
    question,
    ...(choices != null && { choices: choices.map(resolve) }),
    ...(target != null && { reference: typeof target === "string" ? resolve(target) : target.map(resolve) }),
    ...(sample.scores != null && { scores: scoresOf(sample.scores) }),
    ...(failure !== undefined && { error: failure.split("\n")[0] ?? "" }),
    place: at.place,
  };
}

/** The completion is what was scored: an agent's submitted answer is in it, and in no message. */
function outputOf({ output }: Sample, resolve: (text: string) => string): string | null {
  if (output == null) return null;
  if (output.completion != null) return resolve(output.completion);
  const content = output.choices?.[0]?.message.content;
  return content === undefined ? null : textOf(content, resolve);
}

function textOf(content: Content, resolve: (text: string) => string): string {
  return typeof content === "string" ? resolve(content) : content.map(({ text }) => resolve(text ?? "")).join("");
}

function scoresOf(scores: Record<string, { value: Json }>): Record<string, Json> {
  return Object.fromEntries(Object.entries(scores).map(([name, { value }]) => [name, value]));
}

/** `tc://` is what the same was called once. */
const REFERENCE = /^(?:attachment|tc):\/\/(\w+)$/;
/** An attachment may be a reference itself; one that leads to itself stays as it is. */
const MAX_STEPS = 8;

function resolver(attachments: Attachments): (text: string) => string {
  return (text) => {
    let resolved = text;
    for (let step = 0; step < MAX_STEPS; step++) {
      const key = REFERENCE.exec(resolved)?.[1];
      const next = key === undefined ? undefined : attachments(key);
      if (next === undefined) break;
      resolved = next;
    }
    return resolved;
  };
}
