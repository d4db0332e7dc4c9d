/**
 * A judge is a scorer that asks a model. What it asks and what it makes of the answers are plain functions, so that a score can be
 * previewed without asking and derived again without a model; the asking itself (retries, recording, caching, panels) is the engine's.
 */
import type { z } from "zod";
import type { Instance } from "./instance.ts";
import type { Json } from "./json.ts";
import type { Message } from "./message.ts";
import type { Metric, Scorer } from "./score.ts";
import type { Elision, Order, VerdictStatus } from "./verdict.ts";

/** One step of what a trial's model did, numbered as a judge cites it and a viewer links it. */
export interface TranscriptStep {
  /** From 1: each message of the conversation is a step, a reply together with its tool calls, a tool's result by itself. */
  step: number;
  message: Message;
}

/** A finished trial as a judge sees it. Everything in it is untrusted. */
export interface JudgedTrial<Data = Json> {
  instance: Instance<Data>;
  /** What the model was asked, as text. */
  question: string;
  /** The reference answer as text; null where the instance has none. */
  reference: string | null;
  /** The model's final text; null where the trial ended without one. */
  output: string | null;
  /** The other run's answer to the same instance, in comparisons of two runs. */
  opponent: string | null;
  /** Reads the whole conversation. */
  transcript(): Promise<readonly TranscriptStep[]>;
}

/** An untrusted text, with the name of the tags that it stands between. */
export interface ShownText {
  name: string;
  text: string;
}

/** What a judge is shown: what is static first, so that a server can reuse its work on it; data apart, between random boundaries. */
export interface JudgePrompt {
  /** Whom the judge plays, what it decides, the rubric: the same for every trial where that can be. */
  instructions: string;
  /** `question`, `reference`, `submission`, in the order shown. Questions that show the same text had better share its object: it is then looked through once. */
  data: readonly ShownText[];
  /** What is decided, in a sentence or two: said again after the data. */
  reminder: string;
  elided?: Elision;
}

/** The form of an answer. */
export interface AnswerFormat {
  /** An object: the explanation first, so that the judge reasons before it decides. */
  schema: z.ZodObject;
  /** The key of the verdict in it; a value there that the schema does not take is off the menu. */
  verdict: string;
  /** How the answer is to be written by a judge that cannot be held to a schema. */
  inWords: string;
  /** Reads such an answer: the object, or undefined where it has no verdict. The last verdict counts, also where it is off the menu. */
  fromText(text: string): Record<string, unknown> | undefined;
  /** Where the verdict is a short token with a number as its meaning: what probability-weighted scores weigh. */
  tokens?: Readonly<Record<string, number>>;
}

export interface JudgeQuestion {
  /** Unique among the scorer's questions on one trial, together with the order. */
  id: string;
  order?: Order;
  prompt: JudgePrompt;
  answer: AnswerFormat;
  /** The verdict's meaning. Given only answers that match the format. */
  read(answer: Record<string, unknown>): { label: string | null; value: number | null };
  /** The judge may look around in a fresh copy of the trial's sandbox, with tools that only read. */
  looksIntoSandbox?: boolean;
}

/** A question with what one judge made of it. */
export interface JudgeAnswer {
  question: string;
  order: Order;
  status: VerdictStatus;
  /** Null where the status is not `ok`. */
  answer: Record<string, unknown> | null;
  label: string | null;
  value: number | null;
  /** Probability of each verdict token, where the server gives them and the format has tokens. */
  probabilities?: Readonly<Record<string, number>>;
}

/** What one judge thinks of a trial, all its answers taken together. */
export interface JudgeGrade {
  /** Null where it cannot be told: `reason` says why. */
  value: number | null;
  label?: string | null;
  reason?: string;
  explanation?: string;
  /** What answers that failed could still make of the value. */
  bounds?: { low: number; high: number };
  /** Further numbers that metrics refer to as `<scorer>.<part>`. */
  parts?: Record<string, number | null>;
  /** Why a person should look at it. */
  needsReview?: string[];
  details?: Json;
}

/** How several votes become one. `plurality` is by label and undecided where two lead; `weighted` is the mean by the judges' weights. */
export type PanelRule = "plurality" | "mean" | "median" | { weights: Readonly<Record<string, number>> };

/** What a reply that is no verdict leads to: nothing, so many further tries with the schema's complaint, or the next judge of the list. */
export type FailurePolicy = "exclude" | { retry: number } | "escalate";

/** What a judge decides, and how. The models that play it are named by `judges`, or by `--judge`. */
export interface Judge<Data = Json> {
  name: string;
  description: string;
  /** Everything that shapes the questions, apart from the trial: where it changes, answers on disk are not taken for answers to it. */
  rubric: Json;
  /** The questions, given the answers so far: asked until none of them is new. Most ask the same whatever was answered. */
  ask(trial: JudgedTrial<Data>, answers: readonly JudgeAnswer[]): readonly JudgeQuestion[] | Promise<readonly JudgeQuestion[]>;
  /** What the answers come to; without any, why nothing was asked. A reason that is left out is that of the first answer that failed. */
  grade(answers: readonly JudgeAnswer[], trial: JudgedTrial<Data>): JudgeGrade;
  /** Whether it compares with another run's answers, which `--against` names: without them nothing can be asked. */
  comparesRuns?: boolean;
  /** Model specs; `--judge` replaces them. */
  judges?: readonly string[];
  /** Default: `plurality` where grades have labels, `mean` otherwise. */
  panel?: PanelRule;
  /** How often each model is asked the same. Default 1. */
  replicates?: number;
  /** Default `exclude`. */
  onFailure?: FailurePolicy;
  /** What `assay rescore` shows of its scores where the run's task has no metric for them. */
  metrics?: Metric[];
}

/** A scorer that is a judge and nothing else. */
export interface JudgeScorer<Data = Json> extends Scorer<Data> {
  description: string;
  judge: Judge<Data>;
}

/**
 * Makes a scorer of a judge. A scorer of your own may ask one too, after cheaper checks: `input.judged(judge)`.
 * One file in `src/scoring/judges/` exports one as default, and so does a user's own that `--scorer ./mine.ts` names.
 */
export function defineJudge<Data = Json>(judge: Judge<Data>): JudgeScorer<Data> {
  return { name: judge.name, description: judge.description, judge, score: ({ judged }) => judged(judge) };
}
