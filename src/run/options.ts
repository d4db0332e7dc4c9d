/** Everything that shapes a run, as one schema: the command line is made of it, the run folder keeps it, a resume reads it back. */
import { z } from "zod";
import { DEFAULTS } from "../core/defaults.ts";
import { whyNoHostAddress } from "../core/host-address.ts";

/** How an option is written on a command line. */
export interface OptionWords {
  /** Its names and its value: `-n, --limit <n>`. */
  flags: string;
  description: string;
  /** Kept in milliseconds, written as a time: `90s`, `30m`, `2h`. */
  isDuration?: boolean;
}

/** The words of the options in {@link runOptionsSchema} that `assay run` takes; zod's registry knows the type of what it keeps. */
export const optionWords = z.registry<OptionWords>();

const from1 = { error: "expected a whole number from 1" };
const from0 = { error: "expected a whole number from 0" };
const whole = { error: "expected a whole number" };
const above0 = { error: "expected a number above 0" };
const time = { error: "expected a time such as 90s, 30m or 2h" };
const some = { error: "expected a text" };

const count = z.int(from1).min(1, from1);
const text = z.string().min(1, some);
const hostAddress = z
  .string()
  .refine((url) => whyNoHostAddress(url) === undefined, { error: ({ input }) => whyNoHostAddress(String(input)) });

export const runOptionsSchema = z.strictObject({
  model: z.string().min(1, some).register(optionWords, {
    flags: "-m, --model <provider/model>",
    description: "the model: mock/oracle, openai/…, anthropic/…, google/…, openai-compatible/…, replay/<run>",
  }),
  specs: z.array(text).min(1).register(optionWords, {
    flags: "-t, --task <spec>",
    description: "task[:variant…], suite, or ./my-task.ts; repeatable",
  }),
  /** A command may name several: it makes one run each. */
  harness: z.string().optional(),
  sandbox: z.string().optional().register(optionWords, {
    flags: "--sandbox <backend>",
    description: "where tool calls and tests execute: embedded, docker, podman, modal, or ./mine.ts",
  }),
  dockerHosts: z.array(hostAddress).default([]).register(optionWords, {
    flags: "--docker-host <url>",
    description: "a Docker Engine to run sandboxes on: unix://…, tcp://host:2376, ssh://user@host; repeatable, trials are spread",
  }),
  limit: count.optional().register(optionWords, { flags: "-n, --limit <n>", description: "only the first N instances, in file order" }),
  sample: count.optional().register(optionWords, { flags: "--sample <n>", description: "only N instances, drawn by --seed" }),
  instances: z.array(text).default([]).register(optionWords, { flags: "--instance <id>", description: "only this instance; repeatable" }),
  epochs: count.optional().register(optionWords, { flags: "--epochs <k>", description: "try each instance K times" }),
  seed: z
    .int(whole)
    .default(0)
    .register(optionWords, { flags: "--seed <n>", description: "seed of --sample; sampling.seed is the model's" }),
  concurrency: count.optional().register(optionWords, { flags: "--concurrency <n>", description: "trials at once" }),
  overrides: z.array(text).default([]).register(optionWords, {
    flags: "-o, --override <key=value>",
    description: "a setting, for example sampling.temperature=0.2, limits.turns=20, data=./rows.jsonl; repeatable",
  }),
  retries: z.int(from0).min(0, from0).default(DEFAULTS.trialRetries).register(optionWords, {
    flags: "--retries <n>",
    description: "further attempts of a trial after an infrastructure error",
  }),
  keepSnapshot: z.boolean().default(false).register(optionWords, {
    flags: "--keep-snapshot",
    description: "keep what each trial's sandbox has become, for assay rescore",
  }),
  judges: z.array(text).default([]).register(optionWords, {
    flags: "--judge <model>",
    description: "a model that judges, where a scorer asks one: openai/gpt-5-mini?temperature=0; repeatable for a panel",
  }),
  maxCostUsd: z.number(above0).positive(above0).optional().register(optionWords, {
    flags: "--max-cost <usd>",
    description: "stop the run at this cost; it can be resumed",
  }),
  maxTokens: count.optional().register(optionWords, { flags: "--max-tokens <n>", description: "stop the run at this many tokens" }),
  maxTimeMs: z.int(time).min(1, time).optional().register(optionWords, {
    flags: "--max-time <time>",
    description: "stop the run after this time: 90s, 30m, 2h",
    isDuration: true,
  }),
});

export type RunOptions = z.output<typeof runOptionsSchema>;
export type RunOptionsInput = z.input<typeof runOptionsSchema>;
