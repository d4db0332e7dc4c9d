/** What names a question and its reply: equal questions have equal keys, whoever asks them and when. */
import { hash } from "node:crypto";
import type { Judge, JudgeQuestion } from "../../core/judge.ts";
import { hashOf } from "../../core/json.ts";
import type { Message } from "../../core/message.ts";
import { answerSchemaOf, BOUNDARY_PLACEHOLDER, renderPrompt } from "../../scoring/judging/render-prompt.ts";
import { suspectedInjection } from "../../scoring/judging/suspicion.ts";
import { lookPrompt } from "./look-prompt.ts";
import type { OpenedJudge } from "./opened-judge.ts";

/** What is asked of whom. */
export interface Asked {
  judge: OpenedJudge;
  question: JudgeQuestion;
  replicate: number;
  rubricHash: string;
}

interface Looked {
  promptHash: string;
  inputHash: string;
  suspected: string[];
}

const looked = new WeakMap<JudgeQuestion, Looked>();

/** Once for all judges and replicates that are asked the same. */
export function lookAt(question: JudgeQuestion): Looked {
  let known = looked.get(question);
  if (!known) {
    known = {
      promptHash: sha(JSON.stringify(askedOf(question))),
      inputHash: sha(JSON.stringify(question.prompt.data)),
      suspected: suspectedInjection(question.prompt.data.map(({ text }) => text)),
    };
    looked.set(question, known);
  }
  return known;
}

/** All that a judge is asked with, whatever the boundary is. */
function askedOf({ looksIntoSandbox, ...question }: JudgeQuestion) {
  const messages = renderPrompt(question, BOUNDARY_PLACEHOLDER);
  return looksIntoSandbox ? lookPrompt(messages, question.answer) : [messages, answerSchemaOf(question.answer)];
}

const sha = (text: string): string => hash("sha256", text, "hex");

/**
 * `history`: replies before it that were no verdict, and what was said to them. What a judge finds in a sandbox is that trial's alone, though
 * its prompt may be another's too.
 */
export function keyOf(
  { judge, question, replicate, rubricHash }: Asked,
  trial: { trialId: string; attempt: number },
  history: readonly Message[] = [],
): string {
  const { promptHash } = lookAt(question);
  const sandbox = question.looksIntoSandbox ? [trial.trialId, trial.attempt] : null;
  const parts = [judge.spec.id, rubricHash, promptHash, question.id, question.order ?? "given", replicate, history, sandbox];
  return sha(JSON.stringify(parts));
}

const rubricHashes = new WeakMap<Judge, string>();

/** Of everything that shapes a judge's questions, apart from the trial. */
export function rubricHashOf(judge: Judge): string {
  let known = rubricHashes.get(judge);
  if (known === undefined) rubricHashes.set(judge, (known = hashOf({ name: judge.name, rubric: judge.rubric })));
  return known;
}
