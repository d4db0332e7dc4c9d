/** Plays a judge whose model is a function of what it is asked. */
import type { Judge, JudgeAnswer, JudgedTrial, JudgeGrade, JudgeQuestion } from "../../../src/core/judge.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Message } from "../../../src/core/message.ts";
import { playJudge as playScripted, trialOf, type ScriptedReply } from "../judging/scripted-judge.ts";

export interface Asked {
  question: JudgeQuestion;
  /** All messages. */
  prompt: string;
  /** One of the texts that were shown. */
  data(name: string): string;
}

/** An answer as JSON, or a reply in words or of another end. */
export type Reply = Record<string, unknown> | string | ScriptedReply;

export interface Played extends JudgeGrade {
  asked: Asked[];
  answers: JudgeAnswer[];
}

export async function playJudge(judge: Judge, trial: JudgedTrial, model: (asked: Asked) => Reply): Promise<Played> {
  const asked: Asked[] = [];
  const { grade, answers } = await playScripted(judge, trial, (question, messages) => {
    const one = askedOf(question, messages);
    asked.push(one);
    const reply = model(one);
    return typeof reply === "string" || isEnded(reply) ? reply : JSON.stringify(reply);
  });
  return { ...grade, asked, answers };
}

function askedOf(question: JudgeQuestion, messages: readonly Message[]): Asked {
  const data = (name: string) => {
    const found = question.prompt.data.find((item) => item.name === name);
    if (!found) throw new Error(`no ${name} was shown`);
    return found.text;
  };
  return { question, prompt: messages.map(({ content }) => content).join("\n"), data };
}

function isEnded(reply: Record<string, unknown> | ScriptedReply): reply is ScriptedReply {
  return typeof reply["text" as keyof typeof reply] === "string";
}

export function judgedTrial({
  data = {},
  messages = [],
  ...parts
}: { data?: Json; messages?: readonly Message[] } & Partial<Pick<JudgedTrial, "output" | "question">> = {}): JudgedTrial {
  return trialOf({
    instance: { id: "1", data },
    question: "A question?",
    reference: null,
    output: "An answer.",
    transcript: async () => messages.map((message, index) => ({ step: index + 1, message })),
    ...parts,
  });
}
