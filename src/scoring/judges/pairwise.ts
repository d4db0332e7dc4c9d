/** Compares an answer with another run's, in both orders. */
import { defineJudge, type JudgeAnswer, type JudgedTrial, type JudgeGrade, type JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import type { Order } from "../../core/verdict.ts";
import { accuracy } from "../metrics.ts";
import { pairFormat } from "../judging/answer-formats.ts";
import { explanationOf } from "../judging/explanation.ts";
import { checkBudget } from "../judging/elide.ts";
import { lacking, shownTexts, textsOf, type PanelOptions, type TextOptions } from "../judging/trial-texts.ts";
import { swapVerdict, type PairVerdict, type SwapVerdict } from "../statistics/judged/swap-verdict.ts";

export interface PairwiseOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `pairwise`. */
  name?: string;
  /** What makes an answer better. Default: right, then complete, then clear. */
  criterion?: string;
}

const CRITERION = "whether what it says is right comes first, then whether it does all that was asked, then how clear it is";

const VALUES = { first: 1, second: 0, tie: 0.5, inconsistent: 0.5 } as const satisfies Record<Exclude<SwapVerdict, "error">, number>;
const LABELS = { first: "win", second: "loss", tie: "tie", inconsistent: "tie" } as const;

/**
 * 1 for a win, ½ for a tie, 0 for a loss against the other run's answer to the same question. A win needs both orders; where they disagree it is a
 * tie, part `inconsistent` is 1 and a person should look. Source: Zheng et al. 2023, "Judging LLM-as-a-Judge" (arXiv 2306.05685), §3.4.
 */
export function pairwise<Data = never>(options: PairwiseOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "pairwise", criterion = CRITERION, question, reference, budget, ...panel } = options;
  const texts: TextOptions<Data> = { question, reference, budget };
  checkBudget(name, budget);
  const instructions = `You compare two answers, A and B, to the same question, and perhaps a reference answer that is known to be good.
Which is better: ${criterion}. Which of the two is shown first, how long they are, and how sure they sound do not count. Look for the faults of each before you decide; where neither is better for a reason that you can name, it is a tie.`;
  const answer = pairFormat();
  const lacks = (trial: JudgedTrial<Data>) => lacking(textsOf(trial, texts), ["submission", "opponent"]);
  const questionIn = (order: Order, trial: JudgedTrial<Data>) => {
    const { question, reference, submission, opponent } = textsOf(trial, texts);
    const [first, second] = order === "given" ? [submission, opponent] : [opponent, submission];
    const shown = shownTexts({ question, reference, "answer-A": first, "answer-B": second }, texts);
    // The value is that of the answer that is judged, not of the place where it is shown.
    const values: Readonly<Record<string, number>> = { A: order === "given" ? 1 : 0, B: order === "given" ? 0 : 1, tie: 0.5 };
    const read = ({ verdict }: Record<string, unknown>) => ({ label: String(verdict), value: values[String(verdict)] ?? null });
    return {
      id: "better",
      order,
      prompt: { instructions, ...shown, reminder: "Which answer is better, A or B, or is it a tie?" },
      answer,
      read,
    };
  };
  return defineJudge<Data>({
    metrics: [accuracy({ score: name, name: "win rate" })],
    ...panel,
    name,
    description: "Answers against those of another run, in both orders: win, tie or loss.",
    rubric: { instructions },
    comparesRuns: true,
    ask: (trial) => (lacks(trial) !== undefined ? [] : [questionIn("given", trial), questionIn("swapped", trial)]),
    grade: (answers, trial) =>
      answers.length === 0 ? { value: null, label: null, reason: lacks(trial) ?? "nothing was asked" } : gradeOf(answers),
  });
}

function gradeOf(answers: readonly JudgeAnswer[]): JudgeGrade {
  const given = answers.find(({ order }) => order === "given");
  const swapped = answers.find(({ order }) => order === "swapped");
  const verdict = swapVerdict({ order12: shown(given), order21: shown(swapped) });
  if (verdict === "error") return { value: null, label: null, bounds: boundsOf(given?.value ?? swapped?.value ?? null) };
  return {
    value: VALUES[verdict],
    label: LABELS[verdict],
    ...explanationOf(given),
    parts: { inconsistent: verdict === "inconsistent" ? 1 : 0 },
    ...(verdict === "inconsistent" && { needsReview: ["the judge decides by the order in which the answers are shown"] }),
    details: { verdict },
  };
}

function shown(answer: JudgeAnswer | undefined): PairVerdict {
  const label = answer?.label;
  return label === "A" || label === "B" || label === "tie" ? label : "error";
}

/** One order alone leaves it open whether the other agrees. */
function boundsOf(known: number | null): { low: number; high: number } {
  if (known === null) return { low: 0, high: 1 };
  return { low: Math.min(known, 0.5), high: Math.max(known, 0.5) };
}

export default pairwise<Json>();
