/** Sorts answers into classes. */
import { z } from "zod";
import {
  defineJudge,
  type JudgeAnswer,
  type JudgedTrial,
  type JudgeGrade,
  type JudgePrompt,
  type JudgeQuestion,
  type JudgeScorer,
} from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { choiceFormat } from "../judging/answer-formats.ts";
import { explanationOf } from "../judging/explanation.ts";
import { checkBudget } from "../judging/elide.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions } from "../judging/trial-texts.ts";

export interface MultiClassOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `multi-class`. */
  name?: string;
  /** What is sorted by what: "the tone in which the answer speaks". */
  about?: string;
  /** Each class with what is in it. Default: `classes` in the instance's data, an object of that form or a list of names. */
  classes?: Readonly<Record<string, string>>;
  /** The class that an answer should be in. Default: `class` in the instance's data. */
  expected?: (trial: JudgedTrial<Data>) => string | null;
  /** The value of each class, where there is none that an answer should be in. */
  values?: Readonly<Record<string, number>>;
}

const named = z.array(z.string().min(1)).transform((names) => Object.fromEntries(names.map((name) => [name, `it is ${name}`])));
const dataSchema = z.object({
  classes: z
    .union([z.record(z.string().min(1), z.string()), named])
    .optional()
    .catch(undefined),
  class: z.string().optional().catch(undefined),
});

/**
 * 1 where the answer is of the expected class and 0 where it is of another, or the class's own value; the label is the class, and each class is
 * a part that is 1 or 0, so that a metric can tell its share.
 * @example multiClass({ classes: { formal: "as in a letter", casual: "as among friends" }, values: { formal: 1, casual: 0 } })
 */
export function multiClass<Data = never>(options: MultiClassOptions<Data> = {}): JudgeScorer<Data> {
  const {
    name = "multi-class",
    about = "what kind of answer it is",
    classes,
    expected,
    values,
    question,
    reference,
    budget,
    ...panel
  } = options;
  const texts: TextOptions<Data> = { question, reference, budget };
  checkBudget(name, budget);
  const instructions = `You sort answers into classes. You are shown a question and a submission. Decide by the classes' descriptions: ${about}. A submission that fits several belongs to the one that it fits best.`;
  const planOf = (trial: JudgedTrial<Data>) => {
    const own = dataSchema.safeParse(trial.instance.data).data ?? {};
    return { classes: classes ?? own.classes ?? {}, expected: expected ? expected(trial) : (own.class ?? null) };
  };
  const lacks = (trial: JudgedTrial<Data>) => {
    const plan = planOf(trial);
    if (Object.keys(plan.classes).length < 2) return "there are no two classes to choose from";
    if (plan.expected === null && !values) return "there is no class that the answer should be in, and the classes have no values";
    return lacking(textsOf(trial, texts), ["submission"]);
  };
  return defineJudge<Data>({
    metrics: [accuracy({ score: name })],
    ...panel,
    name,
    description: "Answers by class, against the class that each should be in.",
    rubric: { instructions, classes: classes ?? null },
    ask(trial) {
      if (lacks(trial) !== undefined) return [];
      const { question, submission } = textsOf(trial, texts);
      return [questionAbout(planOf(trial).classes, { instructions, ...shownTexts({ question, submission }, texts) })];
    },
    grade([answer], trial) {
      return answer
        ? gradeOf(answer, { ...planOf(trial), values })
        : { value: null, label: null, reason: lacks(trial) ?? "nothing was asked" };
    },
  });
}

type Classes = Readonly<Record<string, string>>;

function questionAbout(classes: Classes, prompt: Omit<JudgePrompt, "reminder">): JudgeQuestion {
  return {
    id: "class",
    prompt: { ...prompt, reminder: "Which class is the submission in?" },
    answer: choiceFormat(Object.fromEntries(Object.entries(classes).map(([key, meaning]) => [key, { meaning }]))),
    read: ({ verdict }) => ({ label: String(verdict), value: null }),
  };
}

interface Plan {
  classes: Classes;
  expected: string | null;
  values: Readonly<Record<string, number>> | undefined;
}

function gradeOf(given: JudgeAnswer, { classes, expected, values }: Plan): JudgeGrade {
  const { label } = given;
  if (label === null) return { value: null, label };
  const value = expected === null ? (values?.[label] ?? null) : label === expected ? 1 : 0;
  return {
    value,
    label,
    ...(value === null && { reason: `the class ${label} has no value` }),
    ...explanationOf(given),
    parts: Object.fromEntries(Object.keys(classes).map((key) => [key, key === label ? 1 : 0])),
  };
}

export default multiClass<Json>();
