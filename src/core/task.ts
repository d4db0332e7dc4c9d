/** What a task is: where its instances come from, how one becomes a request, how an answer is scored. */
import { z } from "zod";
import { AssayError } from "./errors.ts";
import type { Instance } from "./instance.ts";
import type { Json } from "./json.ts";
import { limitsSchema } from "./limits.ts";
import { samplingSchema, type Request } from "./message.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "./sandbox-spec.ts";
import type { Metric, Scorer } from "./score.ts";

/** Where rows come from. `data=PATH`, `data=hf://…` or `data=outputs://PATH` overrides it. */
export const dataSourceSchema = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({ outputs: z.string().describe("a file of answers made elsewhere; its rows are their questions") }),
  z.strictObject({
    dataset: z.string().describe("owner/name on the Hugging Face hub"),
    config: z.string().optional(),
    split: z.string(),
    revision: z.string().optional(),
  }),
]);
export type DataSource = z.output<typeof dataSourceSchema>;

export interface FormatContext<Settings> {
  settings: Settings;
  /** Whether the harness gives the model tools; a prompt may say so. */
  hasTools: boolean;
}

/** A named change of a task's settings. */
export interface Variant<Settings> {
  description: string;
  settings?: Partial<Settings>;
  sampling?: z.input<typeof samplingSchema>;
  limits?: z.input<typeof limitsSchema>;
  sandbox?: SandboxSpecInput;
  harness?: string;
  epochs?: number;
  primaryMetric?: string;
  /** The variant's own metrics, in place of the task's. */
  metrics?: Metric[];
}

export interface TaskDefinition<Row = unknown, Data = Json, Settings extends Record<string, Json> = Record<string, never>> {
  name: string;
  description: string;
  /** Raised when a change of the task changes scores. Default 1. */
  version?: number;
  /** A source to load rows from, or the rows themselves. */
  source: DataSource | (() => Promise<readonly Row[]> | readonly Row[]);
  /** Schema of one row; a row that does not match is an error that names its line. */
  row: z.ZodType<Row>;
  /** Settings that variants and `-o settings.key=value` change, with their defaults. */
  settings?: { schema: z.ZodType<Settings>; defaults: Settings };
  toInstance(row: Row, index: number, settings: Settings): Instance<Data>;
  format(instance: Instance<Data>, context: FormatContext<Settings>): Request;
  sampling?: z.input<typeof samplingSchema>;
  limits?: z.input<typeof limitsSchema>;
  epochs?: number;
  scorers: Scorer<Data>[];
  metrics: Metric[];
  /** Name of one of the metrics. */
  primaryMetric: string;
  /** Present for tasks whose trials or scorers need a sandbox. */
  sandbox?: SandboxSpecInput;
  /** The harness used where no `-H` is given. Default `baseline`. */
  harness?: string;
  variants?: Record<string, Variant<Settings>>;
}

/** A task of any row, data and settings type, as the registry holds it: only its own functions ever see the typed values. */
// the erased type is sound because rows are parsed by the task's own schema before they reach its functions.
export type AnyTask = TaskDefinition<unknown, Json, Record<string, Json>>;

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9_.-]*$/, "a name has lower-case letters, digits, _ . and -");

const shapeSchema = z.object({
  name: nameSchema,
  description: z.string().min(1),
  sampling: samplingSchema.optional(),
  limits: limitsSchema.optional(),
  epochs: z.number().int().positive().optional(),
  sandbox: sandboxSpecSchema.optional(),
  scorers: z.array(z.object({ name: z.string() })).min(1),
  metrics: z.array(z.object({ name: z.string(), score: z.string() })).min(1),
  primaryMetric: z.string(),
  variants: z.record(nameSchema, z.looseObject({ description: z.string() })).optional(),
});

/**
 * Defines a task; one file in `tasks/` exports it as default. Throws `config/invalid` where it contradicts itself.
 * @example
 * export default defineTask({ name: "sums", description: "…", source: () => rows, row, toInstance, format, scorers: [exact], metrics: [accuracy], primaryMetric: "accuracy" });
 */
export function defineTask<Row, Data, Settings extends Record<string, Json> = Record<string, never>>(
  definition: TaskDefinition<Row, Data, Settings>,
): TaskDefinition<Row, Data, Settings> {
  const parsed = shapeSchema.safeParse(definition);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AssayError(
      "config/invalid",
      `Task ${JSON.stringify(definition.name)}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "does not match"}.`,
    );
  }
  const scorers = new Set(parsed.data.scorers.map((scorer) => scorer.name));
  const isGiven = (score: string) => scorers.has(score) || [...scorers].some((name) => score.startsWith(`${name}.`));
  const stray = parsed.data.metrics.find((metric) => !isGiven(metric.score));
  if (stray)
    throw new AssayError(
      "config/invalid",
      `Task ${definition.name}: metric ${stray.name} aggregates the score ${JSON.stringify(stray.score)}, which no scorer gives.`,
      { hint: `Scorers: ${[...scorers].join(", ")}.` },
    );
  if (!parsed.data.metrics.some((metric) => metric.name === parsed.data.primaryMetric)) {
    throw new AssayError(
      "config/invalid",
      `Task ${definition.name}: primaryMetric ${JSON.stringify(definition.primaryMetric)} is not one of its metrics.`,
    );
  }
  return definition;
}
