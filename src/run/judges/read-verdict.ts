/** From a reply to a verdict: nothing but the question and the reply decides what it is. */
import type { AssayError } from "../../core/errors.ts";
import type { JudgeQuestion } from "../../core/judge.ts";
import type { JudgeReply } from "../../core/judge-reply.ts";
import { plainJson } from "../../core/json.ts";
import type { Verdict } from "../../core/verdict.ts";
import { parseReply } from "../../scoring/judging/parse-reply.ts";
import { verdictProbabilities } from "../../scoring/judging/verdict-probabilities.ts";
import { fingerprintOf, type Asked } from "./question-key.ts";

export interface Reply {
  reply: JudgeReply;
  /** It was on disk already, or came for somebody else who asked the same. */
  isCached: boolean;
}

/** What came of a question: a reply, or why there is none. */
export type Made = Reply | { reply?: undefined; error: AssayError };

/** What a reply was read as. */
export interface Read {
  status: Verdict["status"];
  reason?: string;
  answer: Record<string, unknown> | null;
  label: string | null;
  value: number | null;
}

export function readReply(question: JudgeQuestion, reply: JudgeReply): Read {
  if (reply.failure) return { ...reply.failure, answer: null, label: null, value: null };
  const { status, answer, reason } = parseReply(question.answer, reply);
  const meaning = answer ? question.read(answer) : { label: null, value: null };
  return { status, answer, ...meaning, ...(reason !== undefined && { reason }) };
}

function probabilitiesIn(
  { answer: format }: JudgeQuestion,
  reply: JudgeReply | undefined,
  answer: Read["answer"],
): Record<string, number> | undefined {
  return answer && format.tokens && typeof reply?.raw === "string" ? verdictProbabilities(reply.raw, format, answer) : undefined;
}

export function failedCall({ message, hint }: AssayError): Read {
  return { status: "error", reason: hint === undefined ? message : `${message} ${hint}`, answer: null, label: null, value: null };
}

export function verdictOf(
  { judge, question, replicate, rubricHash }: Asked,
  { key, repair, made, read: { status, reason, answer, label, value } }: { key: string; repair: number; made: Made; read: Read },
): Verdict {
  const { promptHash, inputHash, suspected } = fingerprintOf(question);
  const probabilities = probabilitiesIn(question, made.reply, answer);
  return {
    judge: judge.spec.id,
    ...(made.reply?.model !== undefined && { model: made.reply.model }),
    ...(made.reply?.leftOut && { leftOut: made.reply.leftOut }),
    question: question.id,
    order: question.order ?? "given",
    replicate,
    ...(repair > 0 && { repair }),
    rubricHash,
    promptHash,
    inputHash,
    response: key,
    status,
    ...(reason !== undefined && { reason }),
    parsed: answer === null ? null : plainJson(answer),
    label,
    value,
    ...(probabilities && { probabilities }),
    usage: made.reply?.usage ?? null,
    costUsd: made.reply?.costUsd ?? null,
    ...(made.reply && made.isCached && { isCached: true as const }),
    ...(question.prompt.elided && { elided: question.prompt.elided }),
    ...(suspected.length > 0 && { suspectedInjection: suspected }),
  };
}

/** The schema's complaint, and nothing of what verdict is expected. */
export function complaint(reason: string | undefined): string {
  return `Your reply is not in the form that was asked for: ${reason ?? "it has no verdict"}. Answer again, in that form and with nothing else.`;
}
