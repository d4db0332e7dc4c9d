/** Judges one trial: every judge of the panel, as often as is asked, every vote kept. */
import { AssayError } from "../../core/errors.ts";
import type { Judge, JudgeAnswer, JudgedTrial, JudgeQuestion } from "../../core/judge.ts";
import type { JudgingRules } from "../../core/judging.ts";
import type { Score } from "../../core/score.ts";
import type { Verdict } from "../../core/verdict.ts";
import { scoreFrom, votesFrom } from "../../scoring/judging/score-from-verdicts.ts";
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

/** Throws the signal's reason, `run/disk`, and what keeps a sandbox from being looked into; what a judge cannot tell is a null with a reason. */
export async function judgeTrial(judge: Judge, trial: JudgedTrial, parts: JudgingParts): Promise<Omit<Score, "name">> {
  const { judges, rules } = parts;
  if (judges.length === 0) return { value: null, reason: "No judge was asked (--judge none)." };
  const first = await questionsOf(judge, trial, []);
  const verdicts: Verdict[] = [];
  const askAll = async (opened: OpenedJudge): Promise<Verdict[]> => {
    const replicates = Array.from({ length: rules.replicates }, (_, index) =>
      askOnce({ judge, trial, first, opened, replicate: index + 1 }, parts),
    );
    return (await allDone(replicates)).flat();
  };
  if (rules.onFailure === "escalate") {
    for (const opened of judges) {
      verdicts.push(...(await askAll(opened)));
      if (votesFrom(judge, trial, verdicts).some(({ grade }) => grade.value !== null)) break;
    }
  } else verdicts.push(...(await allDone(judges.map(askAll))).flat());
  return scoreFrom(judge, trial, rules, verdicts);
}

/** All that one judge is asked for one vote. */
async function askOnce(
  {
    judge,
    trial,
    first,
    opened,
    replicate,
  }: { judge: Judge; trial: JudgedTrial; first: readonly JudgeQuestion[]; opened: OpenedJudge; replicate: number },
  parts: JudgingParts,
): Promise<Verdict[]> {
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
  return verdicts;
}

/** What has been answered is not asked again. */
async function questionsOf(judge: Judge, trial: JudgedTrial, answers: readonly JudgeAnswer[]): Promise<readonly JudgeQuestion[]> {
  const answered = new Set(answers.map(({ question, order }) => `${order} ${question}`));
  return (await judge.ask(trial, answers)).filter(({ id, order = "given" }) => !answered.has(`${order} ${id}`));
}
