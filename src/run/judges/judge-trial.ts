/** Judges one trial: every judge of the panel, as often as is asked, every vote kept. */
import { AssayError } from "../../core/errors.ts";
import type { Judge, JudgeAnswer, JudgedTrial, JudgeGrade, JudgeQuestion } from "../../core/judge.ts";
import type { JudgingRules } from "../../core/judging.ts";
import type { Score } from "../../core/score.ts";
import type { Verdict } from "../../core/verdict.ts";
import { panelScore } from "../../scoring/judging/panel.ts";
import { allDone } from "./all-done.ts";
import { askJudge, type Asker } from "./ask-judge.ts";
import type { OpenedJudge } from "./opened-judge.ts";
import { rubricHashOf } from "./question-key.ts";

/** A judge that goes on asking is broken. */
const MOST_ROUNDS = 20;
const MOST_QUESTIONS = 2_000;

export interface JudgingParts extends Asker {
  judges: readonly OpenedJudge[];
  rules: JudgingRules;
}

interface Vote {
  judge: string;
  replicate: number;
  grade: JudgeGrade;
  verdicts: Verdict[];
}

/** Throws the signal's reason, and `run/disk`; what a judge cannot tell is a null with a reason. */
export async function judgeTrial(judge: Judge, trial: JudgedTrial, parts: JudgingParts): Promise<Omit<Score, "name">> {
  const { judges, rules } = parts;
  if (judges.length === 0) return { value: null, reason: "No judge was asked (--judge none)." };
  const first = await questionsOf(judge, trial, []);
  const votes: Vote[] = [];
  const voteOf = async (opened: OpenedJudge): Promise<Vote[]> =>
    allDone(Array.from({ length: rules.replicates }, (_, index) => oneVote({ judge, trial, first, opened, replicate: index + 1 }, parts)));
  if (rules.onFailure === "escalate") {
    for (const opened of judges) {
      votes.push(...(await voteOf(opened)));
      if (votes.some(({ grade }) => grade.value !== null)) break;
    }
  } else votes.push(...(await allDone(judges.map(voteOf))).flat());
  const verdicts = votes.flatMap((vote) => vote.verdicts);
  const score = panelScore(rules.panel, votes);
  const suspected = [...new Set(verdicts.flatMap(({ suspectedInjection = [] }) => suspectedInjection))];
  const review = [
    ...(score.needsReview ?? []),
    ...(suspected.length > 0 ? [`the data seems to speak to the judge: ${suspected.join(", ")}`] : []),
  ];
  return { ...score, ...(review.length > 0 && { needsReview: review }), verdicts };
}

async function oneVote(
  {
    judge,
    trial,
    first,
    opened,
    replicate,
  }: { judge: Judge; trial: JudgedTrial; first: readonly JudgeQuestion[]; opened: OpenedJudge; replicate: number },
  parts: JudgingParts,
): Promise<Vote> {
  const { onFailure } = parts.rules;
  const retries = typeof onFailure === "object" ? onFailure.retry : 0;
  const rubricHash = rubricHashOf(judge);
  const verdicts: Verdict[] = [];
  const answers: JudgeAnswer[] = [];
  for (let round = 0, questions = first; questions.length > 0; round++, questions = await questionsOf(judge, trial, answers)) {
    if (round === MOST_ROUNDS || answers.length + questions.length > MOST_QUESTIONS) {
      throw new AssayError("score/failed", `The judge ${judge.name} asks without end: ${answers.length} questions in ${round} rounds.`, {
        hint: "Let its `ask` give no new question once its answers are there.",
      });
    }
    const made = await allDone(questions.map((question) => askJudge({ judge: opened, question, replicate, rubricHash, retries }, parts)));
    for (const { verdicts: told, answer } of made) {
      verdicts.push(...told);
      answers.push(answer);
    }
  }
  return { judge: opened.spec.id, replicate, verdicts, grade: withReasons(judge.grade(answers, trial), verdicts) };
}

/** What has been answered is not asked again. */
async function questionsOf(judge: Judge, trial: JudgedTrial, answers: readonly JudgeAnswer[]): Promise<readonly JudgeQuestion[]> {
  const answered = new Set(answers.map(({ question, order }) => `${order} ${question}`));
  return (await judge.ask(trial, answers)).filter(({ id, order = "given" }) => !answered.has(`${order} ${id}`));
}

/** A grade that is missing because verdicts are says which and why. */
function withReasons(grade: JudgeGrade, verdicts: readonly Verdict[]): JudgeGrade {
  const failed = verdicts.findLast(({ status }) => status !== "ok");
  if (grade.value !== null || grade.reason !== undefined || !failed) return grade;
  return { ...grade, reason: `${failed.status}: ${failed.reason ?? "no reason given"}` };
}
