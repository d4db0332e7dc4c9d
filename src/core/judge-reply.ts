/** What a judge replied, as it is kept in verdicts/*.jsonl: written before it is read, so that nothing that was paid for is paid for again. */
import { z } from "zod";
import { finishReasonSchema, messageSchema } from "./message.ts";
import { retrySchema, usageSchema } from "./model.ts";
import { leftOutSchema, ORDERS } from "./verdict.ts";

const count = z.number().int();

export const judgeReplySchema = z.object({
  // The key stands first: an index is made of the beginnings of lines.
  key: z
    .string()
    .describe(
      "SHA-256 of judge, rubric, prompt, order and replicate, and of the trial where its sandbox was looked into: equal questions have equal keys",
    ),
  judge: z.string(),
  model: z.string().optional().describe("the exact model, where the server named another than was asked for"),
  question: z.string(),
  order: z.enum(ORDERS),
  replicate: count,
  repair: count.optional().describe("how many replies before it were no verdict"),
  rubricHash: z.string(),
  promptHash: z.string(),
  inputHash: z.string(),
  boundary: z.string().describe("the random part of the tags that the data stood between"),
  trialId: z.string(),
  attempt: count,
  at: z.iso.datetime(),
  text: z.string(),
  reasoning: z.string().optional(),
  finishReason: finishReasonSchema,
  failure: z
    .object({ status: z.enum(["truncated", "error"]), reason: z.string() })
    .optional()
    .describe("of a judge that looked around first: why it ended without a verdict"),
  conversation: z.array(messageSchema).optional().describe("of a judge that looked around first: everything after the question"),
  leftOut: leftOutSchema.optional(),
  usage: usageSchema,
  costUsd: z.number().nullable(),
  latencyMs: z.number().describe("of the call; of a judge that looked around first, from the start of its sandbox, waiting left out"),
  waitedMs: z.number().describe("for a free slot, of sandboxes as of calls, and for retries"),
  retries: z.array(retrySchema),
  warnings: z.array(z.string()).optional(),
  raw: z
    .string()
    .nullable()
    .describe(
      "the response's body as it came, and of a judge that looked around first that of its last turn; null where no HTTP call was made",
    ),
});

export type JudgeReply = z.output<typeof judgeReplySchema>;
