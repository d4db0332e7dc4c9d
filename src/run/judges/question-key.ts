/** What names a question and its reply: equal questions have equal keys, whoever asks them and when. */
import type { Judge, JudgePrompt, JudgeQuestion, ShownText } from "../../core/judge.ts";
import { hashOf, sha256 } from "../../core/json.ts";
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

/** What names a question, whoever asks it, and what is suspected in what it shows. */
interface Fingerprint extends DataPrint {
  promptHash: string;
}

interface DataPrint {
  inputHash: string;
  suspected: string[];
}

const fingerprints = new WeakMap<JudgeQuestion, Fingerprint>();
const dataPrints = new WeakMap<JudgePrompt["data"], DataPrint>();
const suspicions = new WeakMap<ShownText, string[]>();

/** Once for all judges and replicates that are asked the same. */
export function fingerprintOf(question: JudgeQuestion): Fingerprint {
  let known = fingerprints.get(question);
  if (!known) {
    const promptHash = sha256(JSON.stringify(askedOf(question)));
    fingerprints.set(question, (known = { promptHash, ...dataPrintOf(question.prompt.data) }));
  }
  return known;
}

/** All that a judge is asked with, whatever the boundary is. */
function askedOf({ looksIntoSandbox, ...question }: JudgeQuestion) {
  const messages = renderPrompt(question, BOUNDARY_PLACEHOLDER);
  return looksIntoSandbox ? lookPrompt(messages, question.answer) : [messages, answerSchemaOf(question.answer)];
}

/** Once for all questions that show the same: a long answer takes long to look through, and may be asked about by dozens of criteria. */
function dataPrintOf(data: JudgePrompt["data"]): DataPrint {
  let known = dataPrints.get(data);
  if (!known) {
    known = { inputHash: sha256(JSON.stringify(data)), suspected: [...new Set(data.flatMap(suspicionsOf))].toSorted() };
    dataPrints.set(data, known);
  }
  return known;
}

/** Once for all questions that show it: a long answer takes long to look through, and may be asked about dozens of times. */
function suspicionsOf(shown: ShownText): string[] {
  let known = suspicions.get(shown);
  if (!known) suspicions.set(shown, (known = suspectedInjection([shown.text])));
  return known;
}

/**
 * `history`: replies before it that were no verdict, and what was said to them. What a judge finds in a sandbox is that trial's alone, though
 * its prompt may be another's too.
 */
export function keyOf(
  { judge, question, replicate, rubricHash }: Asked,
  trial: { trialId: string; attempt: number },
  history: readonly Message[] = [],
): string {
  const { promptHash } = fingerprintOf(question);
  const sandbox = question.looksIntoSandbox ? [trial.trialId, trial.attempt] : null;
  const parts = [judge.spec.id, rubricHash, promptHash, question.id, question.order ?? "given", replicate, history, sandbox];
  return sha256(JSON.stringify(parts));
}

const rubricHashes = new WeakMap<Judge, string>();

/** Of everything that shapes a judge's questions, apart from the trial. */
export function rubricHashOf(judge: Judge): string {
  let known = rubricHashes.get(judge);
  if (known === undefined) rubricHashes.set(judge, (known = hashOf({ name: judge.name, rubric: judge.rubric })));
  return known;
}
