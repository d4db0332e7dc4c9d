/** The files of a run folder that are not traces: run.json, predictions.jsonl, metrics.json, and what `assay run --json` prints. */
import { z } from "zod";
import { jsonSchema } from "./json.ts";
import { LIMIT_KINDS } from "./limits.ts";
import { metricValueSchema, scoreSchema } from "./score.ts";
import { keptSnapshotSchema } from "./sandbox-snapshot.ts";
import { recordedErrorSchema, TRIAL_STATUSES } from "./trace.ts";

export const RUN_FORMAT = 1;

const count = z.number().int().min(0);

const countsSchema = z.object({
  planned: count,
  completed: count,
  limit: count,
  error: count,
  cancelled: count,
  resumed: count.describe("trials kept from before this command; counted in the others too"),
});
export type Counts = z.output<typeof countsSchema>;

/** Hashes whose change refuses a resume. */
const runHashesSchema = z.object({
  model: z.string(),
  harness: z.string(),
  tasks: z.record(z.string(), z.object({ config: z.string(), data: z.string(), prompts: z.string() })),
  files: z
    .record(z.string(), z.string())
    .default({})
    .describe("of each file of the user's own with what it imports, by what it defines: `task sums`, `tool count_lines`"),
  plan: z.string().describe("hash of all of it and of which trials are planned"),
});
export type RunHashes = z.output<typeof runHashesSchema>;

export const runRecordSchema = z.looseObject({
  format: z.number().int(),
  runId: z.string(),
  status: z.enum(["running", "completed", "interrupted", "stopped"]).describe("stopped: a limit of the run was met"),
  stopReason: z.string().optional(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  command: z.array(z.string()).describe("the command line that made it, secrets left out"),
  model: z.string(),
  address: z.string().nullish().describe("where the model is served, without credentials; null for the provider's own server"),
  harness: jsonSchema,
  sandbox: z.record(z.string(), jsonSchema).nullable(),
  tasks: z.array(
    z.object({
      spec: z.string(),
      epochs: count,
      instances: count,
      data: z
        .object({ revision: z.string().optional(), contentHash: z.string().optional() })
        .optional()
        .describe("what identifies the rows: commit of the hub, SHA-256 of the files"),
      config: jsonSchema,
    }),
  ),
  options: z.record(z.string(), jsonSchema).describe("what resuming needs: every option of the command that shapes the run"),
  hashes: runHashesSchema,
  versions: z.record(z.string(), z.string()),
  git: z.object({ commit: z.string(), isDirty: z.boolean() }).nullable(),
  environment: z
    .object({ platform: z.string(), arch: z.string(), cpus: count, memoryMiB: count })
    .optional()
    .describe("the machine, without its name"),
  counts: countsSchema,
  durationMs: z.number(),
  concurrency: z
    .array(z.object({ t: z.number(), limit: z.number().int(), reason: z.string() }))
    .optional()
    .describe("history of the model concurrency"),
});
export type RunRecord = z.output<typeof runRecordSchema>;

/** Where the events of a trial are: a file of its own, or a block of a shared one. */
export const traceLocationSchema = z.object({
  file: z.string().describe("relative to the run folder"),
  offset: z.number().int().min(0).optional().describe("first byte of the trial's block; absent where the file is the trial's own"),
  bytes: z.number().int().min(0).optional().describe("length of the block"),
});
export type TraceLocation = z.output<typeof traceLocationSchema>;

/** What judges used. */
const judgingUsageSchema = z.object({
  calls: count,
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number().nullable().describe("null where the price of a call is not known"),
});
export type JudgingUsage = z.output<typeof judgingUsageSchema>;

/** One finished trial; writing this line is what makes the trial finished. */
export const predictionSchema = z.looseObject({
  trialId: z.string(),
  task: z.string(),
  instanceId: z.string(),
  epoch: count,
  attempt: count,
  status: z.enum(TRIAL_STATUSES),
  limit: z.enum(LIMIT_KINDS).optional(),
  error: recordedErrorSchema.optional(),
  output: z.string().nullable(),
  scores: z.array(scoreSchema),
  givenScores: z
    .record(z.string(), jsonSchema)
    .optional()
    .describe("what the program that made the answer scored, by its own names; present where the answer came with some"),
  warnings: z
    .array(z.string())
    .optional()
    .describe("what the model could not do as asked, or where a replay departs from its recording: the first few"),
  snapshot: keptSnapshotSchema.optional().describe("of its sandbox when the agent was done; absent where none was asked for"),
  clusterKey: z.string().optional(),
  instanceHash: z.string(),
  host: z.string().optional().describe("where its sandbox ran: the address of the engine, without credentials; present where it was named"),
  usage: z.object({ inputTokens: z.number().nullable(), outputTokens: z.number().nullable(), costUsd: z.number().nullable() }),
  judging: judgingUsageSchema.optional().describe("what its judges used, apart from the model; present where any was asked"),
  turns: count,
  toolCalls: count,
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  workingMs: z.number(),
  trace: traceLocationSchema,
});
export type Prediction = z.output<typeof predictionSchema>;

/** Whether a trial ended by itself or at a limit: what it left is scored, and it is not run again. */
export function isFinished({ status }: Pick<Prediction, "status">): boolean {
  return status === "completed" || status === "limit";
}

/** The first line of scores/<pass>.jsonl: what the pass is, which its name is a hash of. */
export const scorePassSchema = z.looseObject({
  format: z.literal(1),
  pass: z.string(),
  scorer: z.string(),
  createdAt: z.iso.datetime(),
  hashes: jsonSchema.describe("of the tasks' settings and data, and of the user's own files, as they were at this pass"),
  judging: z
    .object({
      version: z.number().int().optional().describe("of the prompts and grades of Assay's own judge kinds"),
      rubricHash: z.string(),
      judges: z.array(z.string()).describe("provider, model and parameters of each"),
      rules: jsonSchema.describe("panel, replicates, and what a reply that is no verdict leads to"),
    })
    .optional()
    .describe("where the scorer is a judge"),
  where: z.string().optional().describe("the SQL condition that selected its trials"),
  against: z.string().optional().describe("id of the run whose answers these were compared with"),
  opponents: z
    .object({ trials: count, hash: z.string() })
    .optional()
    .describe("how many trials that run had finished, and which: where it has gone on, the pass is another one"),
});
export type ScorePass = z.output<typeof scorePassSchema>;

/** The others: one trial each. */
export const rescoredSchema = z.looseObject({
  trialId: z.string(),
  attempt: count,
  task: z.string(),
  score: scoreSchema,
  before: z.number().nullable().optional().describe("the value that the run itself gave; absent where it has no such scorer"),
  durationMs: z.number(),
});
export type Rescored = z.output<typeof rescoredSchema>;

const taskResultSchema = z.object({
  spec: z.string(),
  planned: count,
  scored: count,
  unscored: count,
  primaryMetric: z.string(),
  metrics: z.record(z.string(), metricValueSchema),
});
export type TaskResult = z.output<typeof taskResultSchema>;

export const runResultSchema = z.object({
  runId: z.string(),
  path: z.string(),
  status: runRecordSchema.shape.status,
  model: z.string(),
  harness: z.string(),
  stopReason: z.string().optional().describe("why it did not finish"),
  counts: countsSchema,
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number().nullable() }),
  judging: judgingUsageSchema.optional().describe("what the judges of these trials used; present where any was asked"),
  snapshots: z
    .object({
      kept: count,
      atProvider: count.describe("of those kept: images in the provider's own store, of unknown size"),
      missing: count,
      bytes: count.describe("of those in the run folder"),
      storedBytes: count.describe("the same, compressed"),
    })
    .optional()
    .describe("of its trials, where --keep-snapshot asked for them"),
  durationMs: z.number(),
  tasks: z.array(taskResultSchema),
  suites: z
    .array(
      z.object({
        name: z.string(),
        aggregation: z.string(),
        value: z.number().nullable(),
        stderr: z.number().nullable(),
        tasks: z.array(z.string()),
        missing: z.array(z.string()),
      }),
    )
    .optional(),
});
export type RunResult = z.output<typeof runResultSchema>;
