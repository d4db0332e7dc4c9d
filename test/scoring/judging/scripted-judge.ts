/** Plays a judge's rounds with replies that a script gives: prompt, reply and verdict are made by the code that runs make them. */
import type { Judge, JudgeAnswer, JudgedTrial, JudgeGrade, JudgeQuestion } from "../../../src/core/judge.ts";
import type { FinishReason, Message } from "../../../src/core/message.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";
import { newBoundary, renderPrompt } from "../../../src/scoring/judging/render-prompt.ts";

export interface Played {
  grade: JudgeGrade;
  answers: JudgeAnswer[];
  /** Every prompt that was sent. */
  prompts: Message[][];
}

/** A reply that is more than its text. */
export type ScriptedReply = Pick<JudgeAnswer, "probabilities"> & { text: string; finishReason?: FinishReason };

/** What a scripted judge replies to one question. */
export type Script = (question: JudgeQuestion, messages: readonly Message[]) => string | ScriptedReply;

export async function playJudge(judge: Judge, trial: JudgedTrial, script: Script): Promise<Played> {
  const answers: JudgeAnswer[] = [];
  const prompts: Message[][] = [];
  const newQuestions = async () => {
    const asked = new Set(answers.map(({ question, order }) => `${order} ${question}`));
    return (await judge.ask(trial, answers)).filter(({ id, order = "given" }) => !asked.has(`${order} ${id}`));
  };
  for (let questions = await newQuestions(); questions.length > 0; questions = await newQuestions()) {
    for (const question of questions) {
      const messages = renderPrompt(question, newBoundary());
      prompts.push(messages);
      const reply = script(question, messages);
      const { text, probabilities, finishReason = "stop" }: ScriptedReply = typeof reply === "string" ? { text: reply } : reply;
      const { status, answer } = parseReply(question.answer, { text, finishReason });
      const read = answer ? question.read(answer) : { label: null, value: null };
      answers.push({
        question: question.id,
        order: question.order ?? "given",
        status,
        answer,
        ...read,
        ...(probabilities && { probabilities }),
      });
    }
  }
  return { grade: judge.grade(answers, trial), answers, prompts };
}

export function trialOf(parts: Partial<JudgedTrial> = {}): JudgedTrial {
  return {
    instance: { id: "capital", data: {} },
    question: "What is the capital of France?",
    reference: "Paris",
    output: "It is Lyon.",
    opponent: null,
    transcript: async () => [],
    ...parts,
  };
}
