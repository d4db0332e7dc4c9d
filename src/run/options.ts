/** Everything that shapes a run, as one schema: the command line fills it, the run folder keeps it, a resume reads it back. */
import { z } from "zod";
import { DEFAULTS } from "../core/defaults.ts";

const count = z.number().int().positive();

export const runOptionsSchema = z.strictObject({
  model: z.string().min(1).describe("provider/model?key=value"),
  specs: z.array(z.string().min(1)).min(1).describe("task[:variant…], suite, or a file of your own"),
  harness: z.string().optional().describe("how the model is driven; default: the task's own"),
  sandbox: z.string().optional().describe("where tool calls and tests execute; default: the harness's own, else embedded"),
  limit: count.optional().describe("only the first N instances, in file order"),
  sample: count.optional().describe("only N instances, drawn by --seed"),
  instances: z.array(z.string()).default([]).describe("only these instances"),
  epochs: count.optional().describe("how often each instance is tried"),
  seed: z.number().int().default(0).describe("seed of --sample; sampling.seed is the model's"),
  concurrency: count.optional().describe("trials at once"),
  overrides: z.array(z.string()).default([]).describe("key=value"),
  retries: z.number().int().min(0).default(DEFAULTS.trialRetries).describe("further attempts of a trial after an infrastructure error"),
  maxCostUsd: z.number().positive().optional().describe("stop the run at this cost"),
  maxTokens: count.optional().describe("stop the run at this many tokens"),
  maxTimeMs: count.optional().describe("stop the run after this time"),
});

export type RunOptions = z.output<typeof runOptionsSchema>;
