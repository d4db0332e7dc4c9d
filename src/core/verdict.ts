/** One judge's answer to one question about one trial: a record from which scores derive, and can be derived again without a model. */
import { z } from "zod";
import { jsonSchema } from "./json.ts";
import { usageSchema } from "./model.ts";

/** Only `ok` counts; each of the others says how a reply failed to be a verdict. */
const VERDICT_STATUSES = [
  "ok",
  /** The judge declined, or a content filter did. */
  "refused",
  /** It was cut off before it was whole. */
  "truncated",
  /** It has no verdict in the form that was asked for. */
  "invalid",
  /** Its last verdict is none of those that were offered. */
  "off_menu",
  /** There was none: the call failed. */
  "error",
] as const;

export type VerdictStatus = (typeof VERDICT_STATUSES)[number];

export const ORDERS = ["given", "swapped"] as const;
/** In which order a judge saw the two answers of a pair. */
export type Order = (typeof ORDERS)[number];

/** What a judge was not shown of a long text. */
const elisionSchema = z.object({
  characters: z.number().int().min(0).describe("left out of the data that the judge was shown"),
  steps: z.number().int().min(0).optional().describe("whole steps of a transcript left out"),
});
export type Elision = z.output<typeof elisionSchema>;

/** Parameters that a server refuses are left out, from then on. */
export const leftOutSchema = z
  .array(z.string())
  .describe("what was not sent because the judge's server refuses it, though its name may say so: `schema`, `temperature`, `logprobs`");

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const verdictSchema = z.looseObject({
  judge: z.string().describe("provider, model and parameters: `openai/gpt-5-mini?temperature=0`"),
  model: z.string().optional().describe("the exact model, where the server named another than was asked for"),
  leftOut: leftOutSchema.optional(),
  question: z.string().describe("which of the scorer's questions: `grade`, the id of a criterion"),
  order: z.enum(ORDERS),
  replicate: z.number().int().min(1),
  repair: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("how many replies to the same question before it were no verdict; the last one counts"),
  rubricHash: hash.describe("of everything that is asked, apart from the trial"),
  promptHash: hash.describe("of the messages and the form of the answer, with the boundary's random part left out"),
  inputHash: hash.describe("of the data that was shown"),
  response: hash.describe("key of the reply in verdicts/*.jsonl, where the raw text is"),
  status: z.enum(VERDICT_STATUSES),
  reason: z.string().optional().describe("why it is not ok"),
  parsed: jsonSchema.describe("the answer in the form that was asked for; null where there is none"),
  label: z.string().nullable().describe("the verdict in words; null where it is a number alone, or where there is none"),
  value: z.number().nullable().describe("the verdict as a number; null where there is none"),
  probabilities: z
    .record(z.string(), z.number())
    .optional()
    .describe("of each verdict token that the server told a probability of, where a score is weighted by them"),
  usage: usageSchema.nullable(),
  costUsd: z.number().nullable().describe("what was paid for it when it was asked; null where the price is not known"),
  isCached: z.literal(true).optional().describe("the reply was on disk already, and nothing was paid"),
  elided: elisionSchema.optional(),
  suspectedInjection: z.array(z.string()).optional().describe("what in the data looks as if it spoke to the judge"),
});

export type Verdict = z.output<typeof verdictSchema>;
