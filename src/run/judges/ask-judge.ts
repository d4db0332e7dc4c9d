/** One question to one judge: found on disk, or asked, written down and only then read. */
import type PQueue from "p-queue";
import { AssayError } from "../../core/errors.ts";
import type { JudgeAnswer } from "../../core/judge.ts";
import type { JudgeReply } from "../../core/judge-reply.ts";
import { LimitReached } from "../../core/limits.ts";
import type { Message } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Order, Verdict } from "../../core/verdict.ts";
import { answerOf } from "../../scoring/judging/score-from-verdicts.ts";
import type { JudgeReplies } from "../../store/judge-replies.ts";
import { callJudge, type Call } from "./call-judge.ts";
import { keyOf, type Asked } from "./question-key.ts";
import { complaint, failedCall, readReply, verdictOf, type Made, type Read, type Reply } from "./read-verdict.ts";

export interface Asker {
  replies: JudgeReplies;
  /** Whose verdicts they are. */
  trial: { trialId: string; task: string; instanceId: string; epoch: number; attempt: number };
  /** Whether replies that were no verdict are taken again: those of an interrupted pass are, those of a finished trial are asked anew. */
  takesFailed: boolean;
  signal: AbortSignal;
  /** Sandboxes that judges look into, at once: of everything that is judged together. */
  lookSlots: PQueue;
  /** A fresh sandbox from the trial's snapshot, without a network and without anything secret; the asker disposes of it. Throws where there is none. */
  sandboxToLookInto: () => Promise<Sandbox>;
  /** Asked when a call's turn has come, and before a sandbox starts: throws where no further call may be made. */
  mayAsk?: () => void;
  /** Told before a call is made and after; not for replies that were on disk. */
  onAsk?: (asked: { judge: string; question: string; order: Order; replicate: number; messages: readonly Message[] }) => void;
  /** Told of every verdict, with the reply that it was read from. */
  onVerdict?: (verdict: Verdict, reply: JudgeReply | undefined) => void;
  onWait?: (what: string) => void;
  /** Counts what was paid for a call, as soon as it is. */
  spend?: (reply: Pick<ModelReply, "usage" | "costUsd">) => void;
}

/** A reply that is no verdict is asked for again up to `retries` times, with the complaint. Throws the signal's reason, `run/disk`, and what keeps a sandbox from being looked into. */
export async function askJudge(asked: Asked & { retries: number }, asker: Asker): Promise<{ verdicts: Verdict[]; answer: JudgeAnswer }> {
  const { question, retries } = asked;
  let history: readonly Message[] = [];
  const verdicts: Verdict[] = [];
  for (let repair = 0; ; repair++) {
    const key = keyOf(asked, asker.trial, history);
    const made = await replyTo(asked, { key, repair, history }, asker);
    const read = made.reply ? readReply(question, made.reply) : failedCall(made.error);
    const verdict = verdictOf(asked, { key, repair, made, read });
    verdicts.push(verdict);
    asker.onVerdict?.(verdict, made.reply);
    if (made.reply && repair < retries && (read.status === "invalid" || read.status === "off_menu")) {
      history = withComplaint(history, made.reply, read);
      continue;
    }
    return { verdicts, answer: answerOf(verdict) };
  }
}

const inFlight = new WeakMap<JudgeReplies, Map<string, Promise<Reply>>>();

async function replyTo(asked: Asked, call: Call, asker: Asker): Promise<Made> {
  let asking = inFlight.get(asker.replies);
  if (!asking) inFlight.set(asker.replies, (asking = new Map()));
  try {
    // Two trials that ask the very same thing at the same time are answered by one call.
    const other = asking.get(call.key);
    if (other) return { reply: (await other).reply, isCached: true };
    const making = findOrCall(asked, call, asker);
    asking.set(call.key, making);
    try {
      return await making;
    } finally {
      asking.delete(call.key);
    }
  } catch (error) {
    asker.signal.throwIfAborted();
    if (error instanceof LimitReached && error.limit === "context")
      return { error: new AssayError("model/rejected", "The prompt is longer than the judge's context.") };
    if (!(error instanceof AssayError) || error.code === "run/disk" || error.code === "internal/bug") throw error;
    // A sandbox to look into that cannot start, or breaks, says nothing of the trial: whoever scores knows what then.
    if (error.code.startsWith("sandbox/")) throw error;
    return { error };
  }
}

async function findOrCall(asked: Asked, call: Call, asker: Asker): Promise<Reply> {
  const found = await asker.replies.find(call.key);
  if (found) {
    const read = readReply(asked.question, found.reply);
    // A reply that was repaired is one of a chain that was paid for already.
    const isRepaired = read.status !== "ok" && asker.replies.has(keyOf(asked, asker.trial, withComplaint(call.history, found.reply, read)));
    if (read.status === "ok" || (asker.takesFailed && found.isOwn) || isRepaired) return { reply: found.reply, isCached: true };
  }
  return { reply: await callJudge(asked, call, asker), isCached: false };
}

function withComplaint(history: readonly Message[], { text }: JudgeReply, { reason }: Read): Message[] {
  return [...history, { role: "assistant", content: text }, { role: "user", content: complaint(reason) }];
}
