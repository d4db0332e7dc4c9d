/** What verdicts come to: a score, which can be derived again from them without a model, by another rule of the panel too. */
import type { Judge, JudgeAnswer, JudgedTrial, JudgeGrade } from "../../core/judge.ts";
import type { JudgingRules } from "../../core/judging.ts";
import type { Score } from "../../core/score.ts";
import type { Verdict } from "../../core/verdict.ts";
import { panelScore, type Vote } from "./panel.ts";

/** The score of a trial: each judge's grade, as often as it was asked, and then the panel's. Throws `config/invalid` where weights leave out a judge. */
export function scoreFrom(
  judge: Judge,
  trial: JudgedTrial,
  { panel }: Pick<JudgingRules, "panel">,
  verdicts: readonly Verdict[],
): Omit<Score, "name"> {
  const votes = votesFrom(judge, trial, verdicts);
  const score = votes.length === 0 ? judge.grade([], trial) : panelScore(panel, votes);
  const suspected = [...new Set(verdicts.flatMap(({ suspectedInjection = [] }) => suspectedInjection))];
  const review = [
    ...(score.needsReview ?? []),
    ...(suspected.length > 0 ? [`the data seems to speak to the judge: ${suspected.join(", ")}`] : []),
  ];
  return { ...score, ...(review.length > 0 && { needsReview: review }), verdicts: [...verdicts] };
}

/** One vote for each judge and replicate, in the order in which they stand there. */
export function votesFrom(judge: Judge, trial: JudgedTrial, verdicts: readonly Verdict[]): Vote[] {
  const votes = Map.groupBy(verdicts, ({ judge: name, replicate }) => `${replicate} ${name}`);
  return [...votes.values()].flatMap((own): Vote[] => {
    const [first] = own;
    const last = lastOfEach(own);
    return first
      ? [{ judge: first.judge, replicate: first.replicate, grade: withReason(judge.grade(last.map(answerOf), trial), last) }]
      : [];
  });
}

/** What a judge's `grade` and `ask` are given of a verdict. */
export function answerOf({ question, order, status, parsed, label, value, probabilities }: Verdict): JudgeAnswer {
  const answer = typeof parsed === "object" && !Array.isArray(parsed) ? parsed : null;
  return { question, order, status, answer, label, value, ...(probabilities && { probabilities }) };
}

/** Of several replies to a question the last one counts, in the first one's place. */
function lastOfEach(verdicts: readonly Verdict[]): Verdict[] {
  return [...new Map(verdicts.map((verdict) => [`${verdict.order} ${verdict.question}`, verdict])).values()];
}

/** A grade that is missing because verdicts are says which and why. */
function withReason(grade: JudgeGrade, verdicts: readonly Verdict[]): JudgeGrade {
  const failed = verdicts.find(({ status }) => status !== "ok");
  if (grade.value !== null || grade.reason !== undefined || !failed) return grade;
  return { ...grade, reason: `${failed.status}: ${failed.reason ?? "no reason given"}` };
}
