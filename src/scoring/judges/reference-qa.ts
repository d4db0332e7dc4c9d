/** Grades an answer against a reference: correct, partial or incorrect. */
import type { JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { choiceJudge } from "../judging/choice-judge.ts";
import type { PanelOptions, TextOptions } from "../judging/trial-texts.ts";

export interface ReferenceQaOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `reference-qa`. */
  name?: string;
  /** What is to be looked at beside the reference: "Units must be given." */
  criterion?: string;
  /**
   * The judge answers the question itself before it sees the submission, so that a fluent wrong answer does not lead it; a reference is then
   * shown where there is one, and not needed. Costs a second call. Default false.
   */
  commitsFirst?: boolean;
}

const INSTRUCTIONS = `You are a careful examiner. You are shown a question, a reference answer that is known to be right, and a submission.
Decide whether the submission answers the question as the reference does. What counts is what is claimed in the end: wording, order, length, style and the language it is written in do not, and neither does how sure the writer sounds. A submission that gives several answers without settling on one is not correct. More than the reference says is no fault unless it contradicts the reference.`;

const WITH_OWN_ANSWER = `
You answered the question yourself beforehand, which is shown as own-answer. Where there is a reference, it is the measure, and your own answer only helps you to understand the question; where there is none, your own answer is, unless the submission shows you that you were wrong.`;

/**
 * Correct is 1, partial ½, incorrect 0. A trial without an answer is incorrect, one without a reference unscored, and no judge is asked about either.
 * The three grades are Inspect AI's `model_graded_qa` with partial credit.
 * @example referenceQa<{ question: string; answer: string }>({ reference: ({ instance }) => instance.data.answer })
 */
export function referenceQa<Data = never>(options: ReferenceQaOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "reference-qa", criterion, commitsFirst = false, question, reference, budget, ...panel } = options;
  const instructions = `${INSTRUCTIONS}${commitsFirst ? WITH_OWN_ANSWER : ""}${criterion === undefined ? "" : `\nAlso: ${criterion}`}`;
  return choiceJudge<Data>({
    metrics: [accuracy({ score: name })],
    ...panel,
    name,
    description: "Answers against a reference: correct, partial or incorrect.",
    instructions,
    reminder: "Does the submission answer the question as the reference does? Compare what they claim, then give your verdict.",
    choices: {
      correct: { meaning: "it claims what the reference claims, all that the question asks for", letter: "C", value: 1 },
      partial: { meaning: "a part of what the question asks for is right, and nothing in it is wrong", letter: "P", value: 0.5 },
      incorrect: { meaning: "it contradicts the reference, misses it, or does not settle on an answer", letter: "I", value: 0 },
    },
    texts: { question, reference, budget },
    unanswered: "incorrect",
    needsReference: !commitsFirst,
    commitsFirst,
  });
}

export default referenceQa<Json>();
