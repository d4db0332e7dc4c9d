/** Scores of one trial, and metrics over many. */
import { z } from "zod";
import type { Instance } from "./instance.ts";
import { jsonSchema, type Json } from "./json.ts";
import type { Judge } from "./judge.ts";
import type { Sandbox } from "./sandbox.ts";
import { verdictSchema } from "./verdict.ts";

export const scoreSchema = z.object({
  /** The scorer's name; metrics refer to it. */
  name: z.string(),
  /** Null when it could not be scored: `reason` then says why. Never a made-up 0. */
  value: z.number().nullable(),
  /** The answer as extracted from the output. */
  answer: z.string().nullable().optional(),
  reason: z.string().optional(),
  explanation: z.string().optional(),
  /** The value in words: `correct`, `not_attempted`. */
  label: z.string().nullable().optional(),
  /** Further numbers of the same scorer; metrics refer to them as `<scorer>.<part>`. */
  parts: z.record(z.string(), z.number().nullable()).optional(),
  /** What is missing could still make of the value. */
  bounds: z.object({ low: z.number(), high: z.number() }).optional(),
  /** A person should look: judges disagree, or something in the data speaks to them. */
  needsReview: z.array(z.string()).optional(),
  /** Of a judge: every vote. */
  verdicts: z.array(verdictSchema).optional(),
  details: jsonSchema.optional(),
});

export type Score = z.output<typeof scoreSchema>;

export interface ScoreInput<Data = Json> {
  instance: Instance<Data>;
  /** The model's final text; null where the trial ended without one. */
  output: string | null;
  /** The trial's own sandbox, as the agent left it; undefined for a trial without one. */
  sandbox: Sandbox | undefined;
  /**
   * Starts a sandbox of the scorer's own, same backend and spec; its work folder is empty, or has the instance's files and setup, or all
   * files are as they are now in the trial's own (a fork, for backends that `canSnapshot`). The caller disposes of it.
   */
  freshSandbox: (content?: "empty" | "instance" | "trial") => Promise<Sandbox>;
  /** Asks a judge about this trial. What it cannot tell is a null with a reason, never an error. */
  judged: (judge: Judge<Data>) => Promise<Omit<Score, "name">>;
  signal: AbortSignal;
}

export interface Scorer<Data = Json> {
  name: string;
  /** `fresh`: starts a sandbox of its own; `trial`: runs in the trial's own after the agent is done. Default `none`. */
  sandbox?: "none" | "fresh" | "trial";
  /** The judge that it asks, where it asks one: so that the calls can be counted before any is made. */
  judge?: Judge<Data>;
  /** Throwing leaves the trial unscored with the error's message as the reason. */
  score(input: ScoreInput<Data>): Promise<Omit<Score, "name">> | Omit<Score, "name">;
}

/** Defines a scorer. @example defineScorer({ name: "exact", score: ({ output, instance }) => ({ value: output === instance.data.answer ? 1 : 0 }) }) */
export function defineScorer<Data = Json>(scorer: Scorer<Data>): Scorer<Data> {
  return scorer;
}

export type Direction = "maximize" | "minimize" | "neutral";

/** One question with the values of its epochs; null where the value is missing (unscored, failed or not run). */
export interface QuestionScores {
  instanceId: string;
  clusterKey?: string;
  values: (number | null)[];
}

export const metricValueSchema = z.object({
  value: z.number().nullable(),
  stderr: z.number().nullable(),
  /** The 95 % interval. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Questions with at least one value. */
  n: z.number().int(),
  direction: z.enum(["maximize", "minimize", "neutral"]),
  /** What the missing values could still make of `value`; null where scores have no known range. */
  bounds: z.object({ low: z.number().nullable(), high: z.number().nullable() }),
});

export type MetricValue = z.output<typeof metricValueSchema>;

export interface Metric {
  name: string;
  direction: Direction;
  /** Without so many epochs it has no value for any question, and is left out of the results. Default 1. */
  minEpochs?: number;
  /** Which scorer's values it aggregates, or which part of its scores: `<scorer>.<part>`. */
  score: string;
  /** Undefined is null, never 0. `questions` holds every planned question. */
  compute(questions: readonly QuestionScores[]): MetricValue;
}
