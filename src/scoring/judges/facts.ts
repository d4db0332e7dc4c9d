/** Looks whether the facts of a reference are in an answer. */
import type { JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { choiceJudge } from "../judging/choice-judge.ts";
import type { PanelOptions, TextOptions } from "../judging/trial-texts.ts";

export interface FactsOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `facts`. */
  name?: string;
}

const INSTRUCTIONS = `You check facts. You are shown a question, an expert's answer, and a submission.
List the facts in the expert's answer that the question asks for, and look for each in the submission, in whatever words. Facts beyond the expert's are neither good nor bad unless they contradict one of them. Style, grammar, length and politeness are not judged.`;

/**
 * 1 where the submission contains the facts of the reference, else 0, with a label that tells what is omitted from what is contradicted.
 * The question is that of Inspect AI's `model_graded_fact`, after OpenAI evals' `fact`.
 */
export function facts<Data = never>(options: FactsOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "facts", question, reference, budget, ...panel } = options;
  return choiceJudge<Data>({
    metrics: [accuracy({ score: name })],
    ...panel,
    name,
    description: "Whether an answer contains the facts of a reference, omits some, or contradicts them.",
    instructions: INSTRUCTIONS,
    reminder: "Does the submission contain the facts in the expert's answer, shown as reference? Go through them, then give your verdict.",
    choices: {
      contains: { meaning: "every such fact is in the submission and none is contradicted", value: 1 },
      omits: { meaning: "a fact is missing and none is contradicted", value: 0 },
      contradicts: { meaning: "the submission says something that cannot be true if the expert is right", value: 0 },
    },
    texts: { question, reference, budget },
    unanswered: "omits",
    needsReference: true,
    parts: (label) => ({ omits: label === "omits" ? 1 : 0, contradicts: label === "contradicts" ? 1 : 0 }),
  });
}

export default facts<Json>();
