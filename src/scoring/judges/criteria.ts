/** Grades an answer by weighted criteria, each of which is met or not; points may be negative. */
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import type { Instance } from "../../core/instance.ts";
import {
  defineJudge,
  type AnswerFormat,
  type JudgeAnswer,
  type JudgedTrial,
  type JudgeGrade,
  type JudgePrompt,
  type JudgeQuestion,
  type JudgeScorer,
} from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import type { Metric } from "../../core/score.ts";
import { mean } from "../metrics.ts";
import { yesNoFormat } from "../judging/answer-formats.ts";
import { checkBudget } from "../judging/elide.ts";
import { jsonFormat } from "../judging/json-format.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions } from "../judging/trial-texts.ts";
import { healthBench } from "../statistics/judged/health-bench.ts";

const criterionSchema = z.object({ criterion: z.string().min(1), points: z.number() });

/** What an answer may do, good or bad; bad things have negative points. */
export type Criterion = z.output<typeof criterionSchema>;

const dataSchema = z.object({ rubrics: z.array(criterionSchema).optional(), criteria: z.array(criterionSchema).optional() });

export interface CriteriaOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `criteria`. */
  name?: string;
  /** Default: `rubrics` or `criteria` in the instance's data, a list of `{ criterion, points }`. */
  criteria?: (instance: Instance<Data>) => readonly Criterion[];
  /** One call for each criterion, or one for all, which is cheaper, but what is said of one may color the next. Recorded in the score. Default `each`. */
  asking?: "each" | "together";
}

const INSTRUCTIONS = `You check one thing at a time. You are shown a conversation and the reply to it, and you are told a criterion. Decide whether the criterion is met by the reply, and nothing else: not whether the reply is good.
- A criterion describes something that the reply may do, good or bad. It is met where the reply does it. A criterion that describes a fault is met where the fault is there, and not met where the reply avoids it.
- All that the criterion asks for must be there. What it names after "such as", "for example" or "including" are examples: not all of them are needed.
- Go by what the reply says, not by what its writer may have meant.`;

/**
 * Points of the criteria that are met over all positive points, at most 1 and possibly negative. Source of the arithmetic and of how negative
 * criteria are asked about: Arora et al. 2025, "HealthBench" (arXiv 2505.08775).
 */
export function criteria<Data = never>(options: CriteriaOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "criteria", criteria: given, asking = "each", question, reference, budget, ...panel } = options;
  checkBudget(name, budget);
  const texts: TextOptions<Data> = { question, reference, budget };
  const lacks = (trial: JudgedTrial<Data>) => lacking(textsOf(trial, texts), ["submission"]);
  return defineJudge<Data>({
    metrics: [clippedMean(name), mean({ score: name, direction: "maximize" })],
    ...panel,
    name,
    description: "Weighted criteria that an answer meets or does not, negative ones included.",
    rubric: { instructions: INSTRUCTIONS, asking },
    ask(trial) {
      if (lacks(trial) !== undefined) return [];
      const list = criteriaOf(trial.instance, name, given);
      if (list.length === 0) return [];
      const { question: conversation, submission: reply } = textsOf(trial, texts);
      const prompt = { instructions: INSTRUCTIONS, ...shownTexts({ conversation, reply }, texts) };
      return asking === "together"
        ? [togetherQuestion(list, prompt)]
        : list.map((criterion, index) => eachQuestion(criterion, index, prompt));
    },
    grade(answers, trial) {
      if (answers.length === 0) return { value: null, reason: lacks(trial) ?? "there are no criteria" };
      const list = criteriaOf(trial.instance, name, given);
      return gradeOf(list, asking === "together" ? metTogether(list, answers) : metOneByOne(list, answers), asking);
    },
  });
}

export default criteria<Json>();

function criteriaOf<Data>(instance: Instance<Data>, name: string, given: CriteriaOptions<Data>["criteria"]): readonly Criterion[] {
  if (given) return given(instance);
  const parsed = dataSchema.safeParse(instance.data);
  const list = parsed.data?.rubrics ?? parsed.data?.criteria;
  if (list) return list;
  throw new AssayError("score/failed", `${name}: the data of ${instance.id} has no criteria.`, {
    hint: "Give it `criteria`, a list of { criterion, points }, or the judge a `criteria` function.",
  });
}

const idOf = (index: number) => `criterion-${index + 1}`;

const EACH = yesNoFormat({
  yes: "the criterion is met: the reply does what it describes, be that good or bad",
  no: "the criterion is not met",
});

/** The criterion comes last: all that is before it is the same for the other criteria. */
function eachQuestion({ criterion, points }: Criterion, index: number, prompt: Omit<JudgePrompt, "reminder">): JudgeQuestion {
  return {
    id: idOf(index),
    prompt: { ...prompt, reminder: `${described(points)}:\n${criterion}\n\nIs this criterion met?` },
    answer: EACH,
    read: ({ verdict }) => ({ label: verdict === "yes" ? "met" : "not met", value: verdict === "yes" ? 1 : 0 }),
  };
}

function described(points: number): string {
  return points < 0 ? "The criterion, which describes a fault: it is met where the reply has that fault" : "The criterion";
}

function togetherQuestion(list: readonly Criterion[], prompt: Omit<JudgePrompt, "reminder">): JudgeQuestion {
  const numbered = list.map(({ criterion, points }, index) => `${index + 1}. ${described(points)}:\n${criterion}`);
  return {
    id: "criteria",
    prompt: { ...prompt, reminder: `${numbered.join("\n\n")}\n\nWhich of these criteria are met? Decide on each of them by itself.` },
    answer: togetherFormat(list.length),
    read: () => ({ label: null, value: null }),
  };
}

const decisionsSchema = z.object({
  criteria: z.array(z.object({ criterion: z.number().int(), explanation: z.string(), is_met: z.boolean() })),
});

/** Every criterion once: one that is left out is not taken for one that is not met. */
function togetherFormat(count: number): AnswerFormat {
  const schema = decisionsSchema.refine(({ criteria: given }) => {
    const numbers = new Set(given.map(({ criterion }) => criterion));
    return given.length === count && numbers.size === count && [...numbers].every((number) => number >= 1 && number <= count);
  }, `each criterion from 1 to ${count} must be there once`);
  return jsonFormat("criteria", schema);
}

function metOneByOne(list: readonly Criterion[], answers: readonly JudgeAnswer[]): (boolean | null)[] {
  const byId = new Map(answers.map((answer) => [answer.question, answer.value]));
  return list.map((_, index) => {
    const value = byId.get(idOf(index)) ?? null;
    return value === null ? null : value === 1;
  });
}

function metTogether(list: readonly Criterion[], answers: readonly JudgeAnswer[]): (boolean | null)[] {
  const decisions = decisionsSchema.safeParse(answers[0]?.answer).data?.criteria ?? [];
  return list.map((_, index) => decisions.find(({ criterion }) => criterion === index + 1)?.is_met ?? null);
}

function gradeOf(list: readonly Criterion[], met: readonly (boolean | null)[], asking: string): JudgeGrade {
  const scored = (unknown: (points: number) => boolean) =>
    healthBench(list.map(({ points }, index) => ({ points, isMet: met[index] ?? unknown(points) })));
  const low = scored((points) => points < 0);
  const high = scored((points) => points > 0);
  const details = { asking, criteria: list.map(({ criterion, points }, index) => ({ criterion, points, isMet: met[index] ?? null })) };
  if (low === null || high === null) return { value: null, reason: "no criterion has positive points", details };
  if (met.includes(null)) return { value: null, bounds: { low, high }, details };
  return { value: high, details };
}

/** HealthBench's own number: the mean over examples, held within 0 and 1 as a whole, where an example's score may be negative. */
function clippedMean(score: string): Metric {
  const plain = mean({ score, direction: "maximize" });
  const clip = <Value extends number | null>(value: Value) => (value === null ? value : Math.min(1, Math.max(0, value)));
  return {
    ...plain,
    name: "clipped mean",
    compute(questions) {
      const { value, low, high, bounds, ...rest } = plain.compute(questions);
      return { ...rest, value: clip(value), low: clip(low), high: clip(high), bounds: { low: clip(bounds.low), high: clip(bounds.high) } };
    },
  };
}
