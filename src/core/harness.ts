/** What a harness is: the execution policy of a run, apart from the model. Plain data; a user's own is a YAML file. */
import { z } from "zod";
import { judgingSchema } from "./judging.ts";
import { limitsSchema } from "./limits.ts";
import { samplingSchema } from "./message.ts";

export const harnessSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(""),
  scaffold: z.string().describe("direct, react, bash-block or a path to your own"),
  tools: z.array(z.string()).default([]),
  systemPrompt: z.string().optional(),
  sandbox: z.string().optional().describe("backend used where --sandbox is not given"),
  limits: limitsSchema.default({}),
  sampling: samplingSchema.default({}),
  commandTimeoutMs: z.number().int().positive().optional(),
  judges: z.array(z.string()).optional().describe("models that judge, where --judge is not given"),
  judging: judgingSchema.optional(),
  shownCharacters: z.number().int().positive().optional().describe("characters of a tool result that the model sees"),
});

export type Harness = z.output<typeof harnessSchema>;
export type HarnessInput = z.input<typeof harnessSchema>;

/** Defines a harness in TypeScript; the same keys work in YAML. */
export function defineHarness(harness: HarnessInput): HarnessInput {
  return harness;
}
