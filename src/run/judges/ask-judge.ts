/** One question to one judge: found on disk, or asked, written down and only then read. */
import { hash } from "node:crypto";
import { AssayError } from "../../core/errors.ts";
import type { Judge, JudgeAnswer, JudgeQuestion } from "../../core/judge.ts";
import type { JudgeReply } from "../../core/judge-reply.ts";
import { hashOf, plainJson } from "../../core/json.ts";
import { LimitReached } from "../../core/limits.ts";
import type { Message } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import type { Order, Verdict } from "../../core/verdict.ts";
import { parseReply } from "../../scoring/judging/parse-reply.ts";
import { answerSchemaOf, BOUNDARY_PLACEHOLDER, newBoundary, renderPrompt } from "../../scoring/judging/render-prompt.ts";
import { suspectedInjection } from "../../scoring/judging/suspicion.ts";
import type { JudgeReplies } from "../../store/judge-replies.ts";
import type { OpenedJudge } from "./opened-judge.ts";

/** Raised when the same question is rendered otherwise: replies on disk are then no answers to it. */
const PROMPT_VERSION = 1;

export interface Asker {
  replies: JudgeReplies;
  /** Whose verdicts they are. */
  trial: { trialId: string; task: string; instanceId: string; epoch: number; attempt: number };
  /** Whether replies that were no verdict are taken again: those of an interrupted pass are, those of a finished trial are asked anew. */
  takesFailed: boolean;
  signal: AbortSignal;
  /** Asked when a call's turn has come: throws where no further call may be made. */
  mayAsk?: () => void;
  /** Told before a call is made and after; not for replies that were on disk. */
  onAsk?: (asked: { judge: string; question: string; order: Order; replicate: number; messages: readonly Message[] }) => void;
  /** Told of every verdict, with the reply that it was read from. */
  onVerdict?: (verdict: Verdict, reply: JudgeReply | undefined) => void;
  onWait?: (what: string) => void;
  /** Counts what was paid, as soon as it is. */
  spend?: (reply: JudgeReply) => void;
}

/** What is asked, with the hashes that name it. */
interface Asked {
  judge: OpenedJudge;
  question: JudgeQuestion;
  replicate: number;
  rubricHash: string;
  promptHash: string;
  inputHash: string;
}

/** A reply that is no verdict is asked for again up to `retries` times, with the complaint. Throws the signal's reason, and `run/disk`. */
export async function askJudge(
  { judge, question, replicate, rubricHash, retries }: Pick<Asked, "judge" | "question" | "replicate" | "rubricHash"> & { retries: number },
  asker: Asker,
): Promise<{ verdicts: Verdict[]; answer: JudgeAnswer }> {
  const asked: Asked = { judge, question, replicate, rubricHash, ...lookAt(question) };
  const history: Message[] = [];
  const verdicts: Verdict[] = [];
  for (let repair = 0; ; repair++) {
    const key = keyOf(asked, repair);
    const made = await replyTo(asked, { key, repair, history }, asker);
    const read = made.reply ? readReply(question, made.reply) : failedCall(made.error);
    const verdict = verdictOf(asked, { key, repair }, made, read);
    verdicts.push(verdict);
    asker.onVerdict?.(verdict, made.reply);
    if (made.reply && repair < retries && (read.status === "invalid" || read.status === "off_menu")) {
      history.push({ role: "assistant", content: made.reply.text }, { role: "user", content: complaint(read.reason) });
      continue;
    }
    const { status, answer, label, value } = read;
    return { verdicts, answer: { question: question.id, order: question.order ?? "given", status, answer, label, value } };
  }
}

interface Looked {
  promptHash: string;
  inputHash: string;
  suspected: string[];
}

const looked = new WeakMap<JudgeQuestion, Looked>();

/** Once for all judges and replicates that are asked the same. */
function lookAt(question: JudgeQuestion): Looked {
  let known = looked.get(question);
  if (!known) {
    const messages = renderPrompt(question, BOUNDARY_PLACEHOLDER);
    known = {
      promptHash: sha(JSON.stringify([messages, answerSchemaOf(question.answer)])),
      inputHash: sha(JSON.stringify(question.prompt.data)),
      suspected: suspectedInjection(question.prompt.data.map(({ text }) => text)),
    };
    looked.set(question, known);
  }
  return known;
}

const sha = (text: string): string => hash("sha256", text, "hex");

/** The key of the first reply to a question. */
export function keyOfQuestion(asked: Pick<Asked, "judge" | "question" | "replicate" | "rubricHash">): string {
  return keyOf({ ...asked, ...lookAt(asked.question) }, 0);
}

function keyOf({ judge, question, replicate, rubricHash, promptHash }: Asked, repair: number): string {
  const parts = [PROMPT_VERSION, judge.spec.id, rubricHash, promptHash, question.id, question.order ?? "given", replicate, repair];
  return sha(JSON.stringify(parts));
}

type Made = { reply: JudgeReply; isCached: boolean } | { reply?: undefined; error: AssayError };

const inFlight = new WeakMap<JudgeReplies, Map<string, Promise<JudgeReply>>>();

async function replyTo(asked: Asked, call: { key: string; repair: number; history: readonly Message[] }, asker: Asker): Promise<Made> {
  const found = await asker.replies.find(call.key);
  if (found && ((asker.takesFailed && found.isOwn) || readReply(asked.question, found.reply).status === "ok")) {
    return { reply: found.reply, isCached: true };
  }
  let asking = inFlight.get(asker.replies);
  if (!asking) inFlight.set(asker.replies, (asking = new Map()));
  // Two trials that ask the very same thing at the same time are answered by one call.
  const other = asking.get(call.key);
  try {
    if (other) return { reply: await other, isCached: true };
    const making = makeCall(asked, call, asker);
    asking.set(call.key, making);
    try {
      return { reply: await making, isCached: false };
    } finally {
      asking.delete(call.key);
    }
  } catch (error) {
    asker.signal.throwIfAborted();
    if (error instanceof LimitReached) return { error: new AssayError("model/rejected", "The prompt is longer than the judge's context.") };
    if (!(error instanceof AssayError)) throw error;
    const failed = error;
    if (failed.code === "run/disk" || failed.code === "internal/bug") throw failed;
    return { error: failed };
  }
}

async function makeCall(
  { judge, question, replicate, rubricHash, promptHash, inputHash }: Asked,
  { key, repair, history }: { key: string; repair: number; history: readonly Message[] },
  { trial, signal, replies, mayAsk, onAsk, onWait, spend }: Asker,
): Promise<JudgeReply> {
  const boundary = newBoundary();
  const messages = [...renderPrompt(question, boundary), ...history];
  const order = question.order ?? "given";
  onAsk?.({ judge: judge.spec.id, question: question.id, order, replicate, messages });
  let kept: JudgeReply | undefined;
  await judge.ask({
    messages,
    replySchema: answerSchemaOf(question.answer),
    trial,
    signal,
    ...(onWait && { onWait }),
    ...(mayAsk && { mayStart: mayAsk }),
    keep: async (reply) => {
      kept = await replies.add({
        key,
        ...aboutReply(reply, judge),
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
      });
      spend?.(kept);
    },
  });
  if (!kept) throw new AssayError("internal/bug", "A judge's reply was not kept.");
  return kept;
}

function aboutReply(reply: ModelReply, { spec }: OpenedJudge) {
  const served = servedModel(reply.responseBody);
  return {
    judge: spec.id,
    ...(served !== undefined && served !== spec.model.model && { model: served }),
    at: new Date().toISOString(),
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

/** As the server names it: a short look, for the body is parsed elsewhere. */
function servedModel(body: string | null): string | undefined {
  return body === null ? undefined : /"model"\s*:\s*"([^"\\]{1,200})"/.exec(body)?.[1];
}

interface Read {
  status: Verdict["status"];
  reason?: string;
  answer: Record<string, unknown> | null;
  label: string | null;
  value: number | null;
}

/** Nothing but the question and the reply decides what the verdict is. */
function readReply(question: JudgeQuestion, reply: JudgeReply): Read {
  const { status, answer, reason } = parseReply(question.answer, reply);
  const meaning = answer ? question.read(answer) : { label: null, value: null };
  return { status, answer, ...meaning, ...(reason !== undefined && { reason }) };
}

function failedCall({ message, hint }: AssayError): Read {
  return { status: "error", reason: hint === undefined ? message : `${message} ${hint}`, answer: null, label: null, value: null };
}

function verdictOf(
  asked: Asked,
  { key, repair }: { key: string; repair: number },
  made: Made,
  { status, reason, answer, label, value }: Read,
): Verdict {
  const { judge, question, replicate, rubricHash, promptHash, inputHash } = asked;
  const { suspected } = lookAt(question);
  return {
    judge: judge.spec.id,
    ...(made.reply?.model !== undefined && { model: made.reply.model }),
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
    usage: made.reply?.usage ?? null,
    costUsd: made.reply?.costUsd ?? null,
    ...(made.reply && made.isCached && { isCached: true as const }),
    ...(question.prompt.elided && { elided: question.prompt.elided }),
    ...(suspected.length > 0 && { suspectedInjection: suspected }),
  };
}

/** The schema's complaint, and nothing of what verdict is expected. */
function complaint(reason: string | undefined): string {
  return `Your reply is not in the form that was asked for: ${reason ?? "it has no verdict"}. Answer again, in that form and with nothing else.`;
}

const rubricHashes = new WeakMap<Judge, string>();

/** Of everything that shapes a judge's questions, apart from the trial. */
export function rubricHashOf(judge: Judge): string {
  let known = rubricHashes.get(judge);
  if (known === undefined) rubricHashes.set(judge, (known = hashOf({ name: judge.name, rubric: judge.rubric })));
  return known;
}
