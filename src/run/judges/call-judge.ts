/** Makes one call of a judge and puts its reply on disk, before anybody reads it. */
import { AssayError } from "../../core/errors.ts";
import type { JudgeReply } from "../../core/judge-reply.ts";
import type { Message } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import { TOP_LOGPROBS } from "../../models/client.ts";
import { answerSchemaOf, newBoundary, renderPrompt } from "../../scoring/judging/render-prompt.ts";
import type { Asker } from "./ask-judge.ts";
import type { OpenedJudge } from "./opened-judge.ts";
import { fingerprintOf, type Asked } from "./question-key.ts";
import { lookAndJudge } from "./sandbox-judge.ts";

export interface Call {
  key: string;
  repair: number;
  /** Replies before it that were no verdict, and what was said to them. */
  history: readonly Message[];
}

/** Throws what the judge's client throws, `run/disk`, and the signal's reason. */
export async function callJudge(asked: Asked, { key, repair, history }: Call, asker: Asker): Promise<JudgeReply> {
  const { judge, question, replicate, rubricHash } = asked;
  const { promptHash, inputHash } = fingerprintOf(question);
  const { trial, signal, replies, mayAsk, onAsk, onWait, spend } = asker;
  const boundary = newBoundary();
  const messages = [...renderPrompt(question, boundary), ...history];
  const order = question.order ?? "given";
  onAsk?.({ judge: judge.spec.id, question: question.id, order, replicate, messages });
  const about = {
    judge: judge.spec.id,
    question: question.id,
    order,
    replicate,
    ...(repair > 0 && { repair }),
    rubricHash,
    promptHash,
    inputHash,
    boundary,
    trialId: trial.trialId,
    attempt: trial.attempt,
  };
  const keep = async (said: Said): Promise<JudgeReply> => {
    const kept = await replies.add({ key, ...about, at: new Date().toISOString(), ...said });
    spend?.(kept);
    return kept;
  };
  if (question.looksIntoSandbox) return keep(await lookFirst(asked, messages, asker));
  let kept: JudgeReply | undefined;
  await judge.ask({
    messages,
    replySchema: answerSchemaOf(question.answer),
    ...(question.answer.tokens && { topLogprobs: TOP_LOGPROBS }),
    trial,
    signal,
    ...(onWait && { onWait }),
    ...(mayAsk && { mayStart: mayAsk }),
    keep: async (reply) => {
      kept = await keep(saidIn(reply, judge));
    },
  });
  if (!kept) throw new AssayError("internal/bug", "A judge's reply was not kept.");
  return kept;
}

/** What a reply adds to what was asked. */
type Said = Pick<JudgeReply, "text" | "finishReason" | "usage" | "costUsd" | "latencyMs" | "waitedMs" | "retries" | "raw"> &
  Partial<JudgeReply>;

function saidIn(reply: ModelReply, { spec }: OpenedJudge): Said {
  const served = servedModel(reply.responseBody);
  return {
    ...(served !== undefined && served !== spec.model.model && { model: served }),
    text: reply.text,
    ...(reply.reasoning !== "" && { reasoning: reply.reasoning }),
    finishReason: reply.finishReason,
    usage: reply.usage,
    costUsd: reply.costUsd,
    latencyMs: Math.round(reply.latencyMs),
    waitedMs: Math.round(reply.waitedMs),
    retries: reply.retries,
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
    raw: reply.responseBody,
  };
}

async function lookFirst(
  { judge, question }: Asked,
  messages: readonly Message[],
  { trial, signal, mayAsk, sandboxToLookInto }: Asker,
): Promise<Said> {
  mayAsk?.();
  const startedAt = performance.now();
  await using sandbox = await sandboxToLookInto();
  const model = await judge.forTrial(trial);
  const look = await lookAndJudge({ messages, answer: question.answer, model, sandbox, sampling: judge.spec.sampling, signal });
  // What was paid for is kept, also where it came to nothing.
  if (look.failure?.status === "error" && look.turns === 0) throw look.failure.error;
  return {
    text: look.text,
    finishReason: look.finishReason,
    ...(look.failure && { failure: { status: look.failure.status, reason: look.failure.reason } }),
    conversation: look.messages.slice(messages.length),
    usage: look.usage,
    costUsd: look.costUsd,
    latencyMs: Math.round(performance.now() - startedAt),
    waitedMs: 0,
    retries: [],
    raw: null,
  };
}

/** As the server names it: a short look, for the body is parsed elsewhere. */
function servedModel(body: string | null): string | undefined {
  return body === null ? undefined : /"model"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1];
}
