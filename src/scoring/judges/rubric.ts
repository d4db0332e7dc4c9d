/** Grades answers by a rubric whose levels are said in words. */
import { defineJudge, type JudgeAnswer, type JudgeGrade, type JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { mean } from "../metrics.ts";
import { scoreFormat } from "../judging/answer-formats.ts";
import { explanationOf } from "../judging/explanation.ts";
import { checkBudget } from "../judging/elide.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions } from "../judging/trial-texts.ts";
import { gEval } from "../statistics/judged/g-eval.ts";

export interface RubricOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `rubric`. */
  name?: string;
  /** What is judged: "how well the answer explains its steps to a beginner". */
  criterion?: string;
  /** What each level from `lowest` up looks like. Default: five levels of how well the question is answered. */
  levels?: readonly string[];
  /** The number of the first level. Default 1. */
  lowest?: number;
}

const LEVELS = [
  "it does not answer the question, or what it says is wrong in its main point",
  "it answers a part of the question, with errors or gaps that matter",
  "it answers the question in the main, with errors or gaps that a reader would have to mend",
  "it answers the question rightly, with small flaws that mislead nobody",
  "it answers the whole question rightly and clearly, and nothing in it should be changed",
];

/**
 * The level, as a number. Levels in words instead of a bare scale: Kim et al. 2024, "Prometheus" (arXiv 2310.08491), §3. Where the server gives the
 * probabilities of the levels, the value is their weighted mean: Liu et al. 2023, "G-Eval" (arXiv 2303.16634), §2; `details` says which was used.
 * @example rubric({ criterion: "how polite the answer is", levels: ["insults", "curt", "friendly"] })
 */
export function rubric<Data = never>(options: RubricOptions<Data> = {}): JudgeScorer<Data> {
  const {
    name = "rubric",
    criterion = "how well the submission answers the question",
    levels = LEVELS,
    lowest = 1,
    question,
    reference,
    budget,
    ...panel
  } = options;
  const texts: TextOptions<Data> = { question, reference, budget };
  checkBudget(name, budget);
  const highest = lowest + levels.length - 1;
  const answer = scoreFormat({ low: lowest, high: highest });
  const described = levels.map((level, index) => `${lowest + index}: ${level}`).join("\n");
  const instructions = `You grade by a rubric. You are shown a question, a submission, and perhaps a reference answer that is known to be good.
Judge ${criterion}, and nothing else. Length is no merit, and neither is confidence. Take the level whose description fits best as it stands; do not compare with answers that you have seen elsewhere.
${described}`;
  const lacks = (trial: Parameters<typeof textsOf<Data>>[0]) => lacking(textsOf(trial, texts), ["submission"]);
  return defineJudge<Data>({
    metrics: [mean({ score: name, direction: "maximize", range: { low: lowest, high: highest } })],
    ...panel,
    name,
    description: "Answers by a rubric with levels in words, weighted by their probabilities where a server gives them.",
    rubric: { instructions, lowest, highest },
    ask(trial) {
      if (lacks(trial) !== undefined) return [];
      const { question, reference, submission } = textsOf(trial, texts);
      const shown = shownTexts({ question, reference, submission }, texts);
      const read = ({ score }: Record<string, unknown>) => ({ label: null, value: Number(score) });
      return [
        {
          id: "level",
          prompt: { instructions, ...shown, reminder: `Which level is the submission on, from ${lowest} to ${highest}?` },
          answer,
          read,
        },
      ];
    },
    grade([given], trial) {
      if (!given) return { value: null, reason: lacks(trial) ?? "nothing was asked" };
      if (given.value === null) return { value: null, bounds: { low: lowest, high: highest } };
      return levelOf(given, given.value, answer.tokens ?? {});
    },
  });
}

function levelOf(given: JudgeAnswer, verdict: number, tokens: Readonly<Record<string, number>>): JudgeGrade {
  const likely = Object.entries(given.probabilities ?? {}).flatMap(([token, probability]): [number, number][] => {
    const score = tokens[token];
    return score === undefined ? [] : [[score, probability]];
  });
  const weighted = gEval(likely);
  return {
    value: weighted ?? verdict,
    ...explanationOf(given),
    details: { by: weighted === null ? "verdict" : "probabilities", verdict },
  };
}

export default rubric<Json>();
