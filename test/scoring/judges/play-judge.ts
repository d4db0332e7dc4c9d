/** Plays a judge whose model is a function: asks, renders, parses and grades as the engine does. */
import type { Instance } from "../../../src/core/instance.ts";
import type { Judge, JudgeAnswer, JudgedTrial, JudgeGrade, JudgeQuestion } from "../../../src/core/judge.ts";
import type { Json } from "../../../src/core/json.ts";
import type { FinishReason, Message } from "../../../src/core/message.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";
import { newBoundary, renderPrompt } from "../../../src/scoring/judging/render-prompt.ts";

/** What the model is asked: the question and the text of all messages. */
export interface Asked {
  question: JudgeQuestion;
  prompt: string;
  /** One of the texts that were shown. */
  data(name: string): string;
}

/** An answer as JSON, a text as it is, or a reply that ended otherwise. */
export type Reply = Record<string, unknown> | string | { text: string; finishReason: FinishReason };

export interface Played extends JudgeGrade {
  asked: Asked[];
  answers: JudgeAnswer[];
  /** Rounds in which something was asked. */
  rounds: number;
}

export async function playJudge<Data>(judge: Judge<Data>, trial: JudgedTrial<Data>, model: (asked: Asked) => Reply): Promise<Played> {
  const asked: Asked[] = [];
  const answers: JudgeAnswer[] = [];
  let rounds = 0;
  for (;;) {
    const questions = await judge.ask(trial, answers);
    if (questions.length === 0) return { ...judge.grade(answers, trial), asked, answers, rounds };
    if ((rounds += 1) > 5) throw new Error("The judge asks without end.");
    for (const question of questions) {
      const one = askedOf(question);
      asked.push(one);
      answers.push(answerTo(question, model(one)));
    }
  }
}

function askedOf(question: JudgeQuestion): Asked {
  const prompt = renderPrompt(question, newBoundary())
    .map(({ content }) => content)
    .join("\n");
  const data = (name: string) => {
    const found = question.prompt.data.find((item) => item.name === name);
    if (!found) throw new Error(`no ${name} was shown`);
    return found.text;
  };
  return { question, prompt, data };
}

function answerTo(question: JudgeQuestion, reply: Reply): JudgeAnswer {
  const { status, answer } = parseReply(question.answer, replied(reply));
  const read = answer ? question.read(answer) : { label: null, value: null };
  return { question: question.id, order: question.order ?? "given", status, answer, ...read };
}

function replied(reply: Reply): { text: string; finishReason: FinishReason } {
  if (typeof reply === "string") return { text: reply, finishReason: "stop" };
  if (typeof reply["text"] === "string" && "finishReason" in reply) return reply as { text: string; finishReason: FinishReason };
  return { text: JSON.stringify(reply), finishReason: "stop" };
}

export function judgedTrial(
  changes: { data?: Json; output?: string | null; question?: string; messages?: readonly Message[]; instance?: Partial<Instance> } = {},
): JudgedTrial {
  const { data = {}, output = "An answer.", question = "A question?", messages = [] } = changes;
  return {
    instance: { id: "1", data },
    question,
    reference: null,
    output,
    opponent: null,
    transcript: async () => messages.map((message, index) => ({ step: index + 1, message })),
  };
}
