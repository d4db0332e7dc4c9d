/** Makes one call of a judge and puts its reply on disk, before anybody reads it. */
import { AssayError } from "../../core/errors.ts";
import type { JudgeReply } from "../../core/judge-reply.ts";
import type { Message } from "../../core/message.ts";
import { TOP_LOGPROBS } from "../../models/client.ts";
import { answerSchemaOf, newBoundary, renderPrompt } from "../../scoring/judging/render-prompt.ts";
import type { Asker } from "./ask-judge.ts";
import type { JudgeModelReply, OpenedJudge } from "./opened-judge.ts";
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
  const { trial, signal, replies, onAsk, spend } = asker;
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
  const keep = (said: Said): Promise<JudgeReply> => replies.add({ key, ...about, at: new Date().toISOString(), ...said });
  if (question.looksIntoSandbox) return keep(await lookFirst(asked, messages, asker));
  let kept: JudgeReply | undefined;
  const model = await judge.forQuestion(trial);
  await model.call({
    messages,
    replySchema: answerSchemaOf(question.answer),
    ...(question.answer.tokens && { topLogprobs: TOP_LOGPROBS }),
    signal,
    ...turnsOf(asker),
    keep: async (reply) => {
      spend?.(reply);
      kept = await keep(saidIn(reply, judge));
    },
  });
  if (!kept) throw new AssayError("internal/bug", "A judge's reply was not kept.");
  return kept;
}

/** What a reply adds to what was asked. */
type Said = Pick<JudgeReply, "text" | "finishReason" | "usage" | "costUsd" | "latencyMs" | "waitedMs" | "retries" | "raw"> &
  Partial<JudgeReply>;

function saidIn(reply: Omit<JudgeModelReply, "requestBody" | "toolCalls">, { spec }: OpenedJudge): Said {
  const served = servedModel(reply.responseBody);
  return {
    ...(served !== undefined && served !== spec.model.model && { model: served }),
    text: reply.text,
    ...(reply.reasoning !== "" && { reasoning: reply.reasoning }),
    finishReason: reply.finishReason,
    ...(reply.leftOut.length > 0 && { leftOut: [...reply.leftOut] }),
    usage: reply.usage,
    costUsd: reply.costUsd,
    latencyMs: Math.round(reply.latencyMs),
    waitedMs: Math.round(reply.waitedMs),
    retries: reply.retries,
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
    raw: reply.responseBody,
  };
}

function turnsOf({ onWait, mayAsk }: Asker): { onWait?: (what: string) => void; mayStart?: () => void } {
  return { ...(onWait && { onWait }), ...(mayAsk && { mayStart: mayAsk }) };
}

/** From its start to its end the sandbox has one of the slots: however many questions there are, so many live at once. */
async function lookFirst({ judge, question }: Asked, messages: readonly Message[], asker: Asker): Promise<Said> {
  const { trial, signal, lookSlots, mayAsk, onWait, spend, sandboxToLookInto } = asker;
  const { concurrency, pending, size } = lookSlots;
  if (pending >= concurrency) onWait?.(`waiting for one of ${concurrency} sandboxes to look into (${size} before it)`);
  const askedAt = performance.now();
  return lookSlots.add(async () => {
    signal.throwIfAborted();
    mayAsk?.();
    const begunAt = performance.now();
    const model = await judge.forQuestion(trial);
    await using sandbox = await sandboxToLookInto();
    const { answer } = question;
    const look = await lookAndJudge({ messages, answer, model, sandbox, signal, ...turnsOf(asker), ...(spend && { spend }) });
    const { failure } = look;
    // What was paid for is kept, also where it came to nothing.
    if (failure?.status === "error" && look.turns === 0) throw failure.error;
    const latencyMs = performance.now() - begunAt - look.waitedMs;
    const waitedMs = begunAt - askedAt + look.waitedMs;
    return {
      ...saidIn({ ...look, reasoning: "", latencyMs, waitedMs }, judge),
      ...(failure && { failure: { status: failure.status, reason: failure.reason } }),
      conversation: look.messages.slice(messages.length),
    };
  });
}

/** As the server names it: a short look, for the body is parsed elsewhere. */
function servedModel(body: string | null): string | undefined {
  return body === null ? undefined : /"model"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1];
}
