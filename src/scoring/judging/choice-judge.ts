/** Judges that choose one of a few named verdicts on an answer: what those kinds share. */
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
import { choiceFormat, textFormat } from "./answer-formats.ts";
import { checkBudget } from "./elide.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions, type TrialTexts } from "./trial-texts.ts";
import { choiceGrade, meaningsOf, readChoice, type ValuedChoices } from "./valued-choices.ts";

/** What a judge of one choice is made of. */
export interface ChoiceJudgeParts<Data> extends PanelOptions<Data> {
  name: string;
  description: string;
  instructions: string;
  reminder: string;
  choices: ValuedChoices;
  texts: TextOptions<Data>;
  /** Which of the choices a trial without an answer is, and nobody is asked: a model that gives up is not better than one that is wrong. */
  unanswered: string;
  /** Whether it cannot judge without a reference. */
  needsReference: boolean;
  /** Answers the question itself before it sees the submission, which then anchors it less. */
  commitsFirst?: boolean;
  parts?: (label: string) => Record<string, number>;
}

const OWN_ANSWER = "own-answer";
const GRADE = "grade";

export function choiceJudge<Data = Json>(judge: ChoiceJudgeParts<Data>): JudgeScorer<Data> {
  const {
    name,
    description,
    instructions,
    reminder,
    choices,
    unanswered,
    texts: options,
    needsReference,
    commitsFirst,
    parts,
    ...panel
  } = judge;
  const answer = choiceFormat(choices);
  checkBudget(name, options.budget);
  const needs = needsReference ? (["submission", "reference"] as const) : (["submission"] as const);
  const withParts = (grade: JudgeGrade): JudgeGrade => ({
    ...grade,
    ...(parts && typeof grade.label === "string" && { parts: parts(grade.label) }),
  });
  const lacks = (trial: JudgedTrial<Data>) => lacking(textsOf(trial, options), needs);
  return defineJudge<Data>({
    name,
    description,
    rubric: { instructions, reminder, choices: meaningsOf(choices) },
    ...panel,
    ask(trial, answers) {
      const texts = textsOf(trial, options);
      if (lacks(trial) !== undefined) return [];
      const own = answers.find(({ question }) => question === OWN_ANSWER);
      if (commitsFirst && !own) return [ownAnswerTo(shownTexts({ question: texts.question }, options))];
      if (own && own.answer === null) return [];
      const prompt: JudgePrompt = { instructions, ...shownTexts(inOrder(texts, own), options), reminder };
      return [{ id: GRADE, prompt, answer, read: readChoice(choices) }];
    },
    grade(answers, trial) {
      const noAnswer = lacking(textsOf(trial, options), ["submission"]);
      if (noAnswer !== undefined) return withParts({ value: choices[unanswered]?.value ?? null, label: unanswered, explanation: noAnswer });
      if (answers.length === 0) return { value: null, reason: lacks(trial) ?? "nothing was asked" };
      const given = answers.find(({ question }) => question === GRADE);
      return withParts(choiceGrade(given, choices));
    },
  });
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
