/** What people say of trials, and how it was decided which trials they were asked about: labels/<name>.jsonl of a run folder. */
import { z } from "zod";

const count = z.number().int().min(0);

/** What a sample can be stratified by. `value` and `label` are the scorer's. */
export const STRATA_FIELDS = ["task", "epoch", "status", "clusterKey", "value", "label"] as const;
export type StrataField = (typeof STRATA_FIELDS)[number];

const drawnTrialSchema = z.object({ trialId: z.string(), attempt: count, stratum: z.string() });
export type DrawnTrial = z.output<typeof drawnTrialSchema>;

/** The first line: which trials were drawn, out of how many, and with what chance. */
export const labelSampleSchema = z.looseObject({
  format: z.literal(1),
  name: z.string(),
  runId: z.string(),
  createdAt: z.iso.datetime(),
  seed: z.string(),
  scorer: z.string().nullable().describe("only trials that it gave a value were drawn from; null: trials with any score"),
  pass: z.string().nullable().describe("the pass of which these values are; null: the run's own"),
  by: z.enum(STRATA_FIELDS).nullable().describe("what the strata are; null: one stratum, every trial equally likely"),
  population: z
    .object({ trials: count, hash: z.string() })
    .describe("the trials drawn from, and the hash of their sorted ids and attempts"),
  strata: z.array(z.object({ stratum: z.string(), trials: count, drawn: count, inclusionProbability: z.number().min(0).max(1) })),
  drawn: z.array(drawnTrialSchema).describe("in the order drawn: as many of the first as one likes are a random sample, too"),
});
export type LabelSample = z.output<typeof labelSampleSchema>;

/** A person's verdict: a number, or a category in the scorer's words. */
export const labelValueSchema = z.union([z.number(), z.string().min(1).max(200)]);
export type LabelValue = z.output<typeof labelValueSchema>;

/** The other lines, one label each; nothing is ever overwritten, and the last label of a labeller on a trial is the one that counts. */
export const labelSchema = z.looseObject({
  trialId: z.string(),
  attempt: count,
  label: labelValueSchema,
  labeller: z.string(),
  at: z.iso.datetime(),
  comment: z.string().optional(),
});
export type Label = z.output<typeof labelSchema>;
