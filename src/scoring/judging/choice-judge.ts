/** Judges that choose one of a few named verdicts on an answer: what those kinds share. */
import { DEFAULTS } from "../../core/defaults.ts";
import {
  defineJudge,
  type JudgeAnswer,
  type JudgeGrade,
  type JudgePrompt,
  type JudgeQuestion,
  type JudgeScorer,
} from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { choiceFormat, textFormat, type Choice } from "./answer-formats.ts";
import { checkBudget } from "./elide.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions, type TrialTexts } from "./trial-texts.ts";

export interface ValuedChoice extends Choice {
  value: number;
}

/** What a judge of one choice is made of. */
export interface ChoiceJudgeParts<Data> extends PanelOptions<Data> {
  name: string;
  description: string;
  instructions: string;
  reminder: string;
  choices: Readonly<Record<string, ValuedChoice>>;
  texts: TextOptions<Data>;
  /** Whether it cannot judge without a reference. */
  needsReference: boolean;
  /** Answers the question itself before it sees the submission, which then anchors it less. */
  commitsFirst?: boolean;
  parts?: (label: string) => Record<string, number>;
}

const OWN_ANSWER = "own-answer";
const GRADE = "grade";

export function choiceJudge<Data = Json>(judge: ChoiceJudgeParts<Data>): JudgeScorer<Data> {
  const { name, description, instructions, reminder, choices, texts: options, needsReference, commitsFirst, parts, ...panel } = judge;
  const answer = choiceFormat(choices);
  checkBudget(name, options.budget ?? DEFAULTS.judgedCharacters);
  const needs = needsReference ? (["submission", "reference"] as const) : (["submission"] as const);
  return defineJudge<Data>({
    name,
    description,
    rubric: { instructions, reminder, choices: Object.fromEntries(Object.entries(choices).map(([key, { meaning }]) => [key, meaning])) },
    ...panel,
    ask(trial, answers) {
      const texts = textsOf(trial, options);
      if (lacking(texts, needs) !== undefined) return [];
      const own = answers.find(({ question }) => question === OWN_ANSWER);
      if (commitsFirst && !own) return [ownAnswerTo(shownTexts({ question: texts.question }, options))];
      if (own && own.answer === null) return [];
      const prompt: JudgePrompt = { instructions, ...shownTexts(inOrder(texts, own), options), reminder };
      const read = ({ verdict }: Record<string, unknown>) => ({ label: String(verdict), value: choices[String(verdict)]?.value ?? null });
      return [{ id: GRADE, prompt, answer, read }];
    },
    grade(answers, trial) {
      if (answers.length === 0) return { value: null, reason: lacking(textsOf(trial, options), needs) ?? "nothing was asked" };
      return gradeOf(answers, choices, parts);
    },
  });
}

function gradeOf(
  answers: readonly JudgeAnswer[],
  choices: Readonly<Record<string, ValuedChoice>>,
  parts: ((label: string) => Record<string, number>) | undefined,
): JudgeGrade {
  const given = answers.find(({ question }) => question === GRADE);
  const values = Object.values(choices).map(({ value }) => value);
  if (given?.label == null) return { value: null, label: null, bounds: { low: Math.min(...values), high: Math.max(...values) } };
  const { explanation } = given.answer ?? {};
  return {
    value: given.value,
    label: given.label,
    ...(typeof explanation === "string" && { explanation }),
    ...(parts && { parts: parts(given.label) }),
  };
}

function ownAnswerTo(shown: Pick<JudgePrompt, "data" | "elided">): JudgeQuestion {
  return {
    id: OWN_ANSWER,
    prompt: {
      instructions: "You are an expert. Answer the question that you are shown as well as you can, with the reasons that decide it.",
      ...shown,
      reminder: "Give your own answer to the question.",
    },
    answer: OWN_FORMAT,
    read: () => ({ label: null, value: null }),
  };
}

const OWN_FORMAT = textFormat("your answer, with what decides it");

/** What stays the same over many trials comes first: the question and its reference before the submission. */
function inOrder({ question, reference, submission }: TrialTexts, own: JudgeAnswer | undefined): Record<string, string | null> {
  const ownAnswer = own?.answer?.["answer"];
  return { question, reference, "own-answer": typeof ownAnswer === "string" ? ownAnswer : null, submission };
}
