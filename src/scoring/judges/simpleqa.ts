/** Grades short factual answers, where not trying is another thing than being wrong. */
import type { JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { choiceJudge } from "../judging/choice-judge.ts";
import type { PanelOptions, TextOptions } from "../judging/trial-texts.ts";
import { OUTCOMES, simpleqaMetrics } from "../simpleqa-metrics.ts";

export interface SimpleqaOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `simpleqa`. */
  name?: string;
}

const INSTRUCTIONS = `You grade short answers to questions of fact. You are shown a question, the reference answer, and a submission.
- Meaning counts; spelling, order, grammar and small slips in names do not.
- Being unsure is no fault: a guess that turns out right is correct. A claim that contradicts the reference is incorrect, however carefully it is hedged, and so are several answers of which one is right.
- A number must be right to the last digit that the reference gives. A range or "about" that neither hits nor excludes it does not commit, and is not attempted.
- The reference may say more than was asked; only what was asked for is needed. What the question itself makes plain need not be said again.`;

/**
 * Correct is 1; incorrect and not attempted are 0, and part `outcome` tells them apart for {@link simpleqaMetrics}.
 * The three grades and their rules: Wei et al. 2024, "SimpleQA" (arXiv 2411.04368), §2; their letters A, B and C are read, too.
 */
export function simpleqa<Data = never>(options: SimpleqaOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "simpleqa", question, reference, budget, ...panel } = options;
  return choiceJudge<Data>({
    metrics: simpleqaMetrics({ score: name }),
    ...panel,
    name,
    description: "Short factual answers: correct, incorrect or not attempted.",
    instructions: INSTRUCTIONS,
    reminder: "Is the submission correct, incorrect, or no attempt at all? Compare it with the reference, then give your verdict.",
    choices: {
      correct: { meaning: "it contains what the reference says and nothing that contradicts it", letter: "A", value: 1 },
      incorrect: { meaning: "something in it contradicts the reference", letter: "B", value: 0 },
      not_attempted: { meaning: "it lacks what the reference says, and contradicts nothing of it", letter: "C", value: 0 },
    },
    texts: { question, reference, budget },
    unanswered: "not_attempted",
    needsReference: true,
    parts: (label) => ({ outcome: OUTCOMES[label === "correct" || label === "incorrect" ? label : "not_attempted"] }),
  });
}

export default simpleqa<Json>();
