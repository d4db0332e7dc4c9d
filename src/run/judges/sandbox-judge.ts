/** One question to a judge that looks around in a sandbox before it decides: the loop of its own, with tools that only read. */
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError } from "../../core/errors.ts";
import type { AnswerFormat } from "../../core/judge.ts";
import { LimitReached, type Limits } from "../../core/limits.ts";
import type { FinishReason, Message, ToolCall } from "../../core/message.ts";
import type { ModelReply, Retry, Usage } from "../../core/model.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import { cutMiddle } from "../../core/shown.ts";
import type { ToolOutput } from "../../core/tool.ts";
import { failedCallOf } from "../../models/call-error.ts";
import type { ToolSpec } from "../../models/client.ts";
import { neutralise } from "../../scoring/judging/neutralise.ts";
import { newBoundary } from "../../scoring/judging/render-prompt.ts";
import { Budget } from "../trial/budget.ts";
import { isBrokenSandbox } from "../trial/broken-sandbox.ts";
import { checkCall, executeCall } from "../trial/tool-use.ts";
import { lookPrompt, VERDICT_TOOL } from "./look-prompt.ts";
import { LOOK_TOOLS } from "./look-tools.ts";
import type { JudgeCall, JudgeModel, JudgeModelReply } from "./opened-judge.ts";

const LOOK_LIMITS: Limits = {
  turns: DEFAULTS.lookTurns,
  toolCalls: DEFAULTS.lookToolCalls,
  tokens: DEFAULTS.lookTokens,
  workingMs: DEFAULTS.lookWorkingMs,
};

export interface LookRequest extends Pick<JudgeCall, "signal" | "onWait" | "mayStart"> {
  /** The question as it is rendered for any judge; what is said of the tools is added here. */
  messages: readonly Message[];
  answer: AnswerFormat;
  /** A model of its own for this question: between its calls the conversation only grows. */
  model: JudgeModel;
  /**
   * What the judge looks at. The caller promises that it is a fresh one, started from the trial's snapshot for this question alone; that it
   * has no network and nothing secret in it; that no process of the agent runs in it; and that it is disposed of afterwards. The tools only
   * read, but what they read with are the sandbox's own programs, which the agent may have replaced.
   */
  sandbox: Sandbox;
  /** Counts what was paid for a turn, as soon as it is. */
  spend?: (reply: Pick<ModelReply, "usage" | "costUsd">) => void;
  /** In place of the defaults, one by one. */
  limits?: Limits;
}

export interface Look {
  /** The verdict as the judge wrote it, still to be parsed: what `give_verdict` was called with, or a reply without a call. Empty where there is none. */
  text: string;
  finishReason: FinishReason;
  /** Of all turns together, as what follows. */
  usage: Usage;
  costUsd: number | null;
  turns: number;
  /** Milliseconds of waiting for model slots and retries. */
  waitedMs: number;
  retries: Retry[];
  warnings: string[];
  leftOut: JudgeModelReply["leftOut"];
  /** Of the last turn that was answered. */
  responseBody: string | null;
  /** The whole conversation, what was asked included. */
  messages: Message[];
  /** Why there is no verdict: a limit was met (`truncated`), or a call or the sandbox failed (`error`, with what was thrown). */
  failure?: { status: "truncated"; reason: string } | { status: "error"; reason: string; error: AssayError };
}

/** Throws the signal's reason, what `mayStart` throws, and the error of a sandbox that broke, which says nothing of what was judged; any other end is a result. */
export async function lookAndJudge(request: LookRequest): Promise<Look> {
  const limits = { ...LOOK_LIMITS, ...request.limits };
  const looking: Looking = {
    request,
    limits,
    budget: new Budget(limits),
    ...lookPrompt(request.messages, request.answer),
    usages: [],
    waitedMs: 0,
    retries: [],
    warnings: [],
    leftOut: new Set(),
    responseBody: null,
  };
  try {
    return { ...(await look(looking)), ...soFar(looking) };
  } catch (error) {
    request.signal.throwIfAborted();
    if (isBrokenSandbox(error)) throw error;
    const failed = failedCallOf(error);
    if (failed) addWaits(looking, failed);
    return { text: "", finishReason: "other", ...soFar(looking), failure: failureOf(error) };
  }
}

interface Looking {
  request: LookRequest;
  limits: Limits;
  budget: Budget;
  tools: readonly ToolSpec[];
  messages: Message[];
  usages: Usage[];
  waitedMs: number;
  retries: Retry[];
  warnings: string[];
  leftOut: Set<JudgeModelReply["leftOut"][number]>;
  responseBody: string | null;
}

async function look(looking: Looking): Promise<Pick<Look, "text" | "finishReason">> {
  const { request, budget, messages, tools } = looking;
  const { model, signal, onWait, mayStart } = request;
  for (;;) {
    budget.checkTurn();
    const reply = await model.call({ messages, tools, signal, ...(onWait && { onWait }), ...(mayStart && { mayStart }) });
    addReply(looking, reply);
    messages.push(messageOf(reply));
    if (reply.toolCalls.length === 0) return { text: reply.text, finishReason: reply.finishReason };
    const verdict = reply.toolCalls.findLast(({ name }) => name === VERDICT_TOOL);
    // Of a call that was cut off nothing is a verdict; any other is one, and read as strictly as a reply in words.
    if (verdict) return { text: verdict.invalidInput ?? JSON.stringify(verdict.input), finishReason: verdictEnd(reply) };
    for (const call of reply.toolCalls) messages.push(resultMessage(call, await use(looking, call)));
    sayWhatIsLeft(looking);
  }
}

function addReply(looking: Looking, reply: JudgeModelReply): void {
  looking.request.spend?.(reply);
  looking.budget.addReply(reply);
  looking.usages.push(reply.usage);
  looking.warnings.push(...reply.warnings);
  for (const parameter of reply.leftOut) looking.leftOut.add(parameter);
  looking.responseBody = reply.responseBody;
  addWaits(looking, reply);
}

function addWaits(looking: Looking, { waitedMs, retries }: Pick<ModelReply, "waitedMs" | "retries">): void {
  looking.waitedMs += waitedMs;
  looking.retries.push(...retries);
}

function verdictEnd({ finishReason }: ModelReply): FinishReason {
  return finishReason === "tool-calls" ? "stop" : finishReason;
}

function messageOf({ text, reasoning, toolCalls }: ModelReply): Message {
  return { role: "assistant", content: text, ...(reasoning && { reasoning }), ...(toolCalls.length > 0 && { toolCalls }) };
}

/** Calls beyond their limit are answered, but do nothing: the judge can still say what it saw. */
async function use({ request, limits, budget }: Looking, call: ToolCall): Promise<ToolOutput> {
  if (budget.toolCalls >= (limits.toolCalls ?? Number.POSITIVE_INFINITY)) {
    return { text: `No look is left: this one was not done. Call ${VERDICT_TOOL}.`, failure: "denied" };
  }
  budget.checkToolCall();
  budget.addToolCall();
  const checked = checkCall(call, LOOK_TOOLS);
  if ("failure" in checked) return checked.failure;
  const output = await executeCall(checked.tool, checked.input, {
    sandbox: request.sandbox,
    signal: request.signal,
    commandTimeoutMs: Math.max(1, Math.min(DEFAULTS.lookCommandMs, budget.remainingMs)),
    state: async (create) => create(),
  });
  return { ...output, text: quoted(output.text) };
}

/** A number that nobody could know when the file was written ends the quotation, and nothing within it can. */
function quoted(text: string): string {
  const { shown } = cutMiddle(neutralise(text), DEFAULTS.shownCharacters);
  const tag = `shown-${newBoundary()}`;
  return `<${tag}>\n${shown}\n</${tag}>`;
}

function resultMessage(call: ToolCall, { text, failure }: ToolOutput): Message {
  return { role: "tool", toolCallId: call.id ?? "", toolName: call.name, content: text, ...(failure && { isError: true }) };
}

function sayWhatIsLeft({ limits, budget, messages }: Looking): void {
  const last = messages.at(-1);
  if (last?.role !== "tool" || budget.turns + 1 !== limits.turns) return;
  last.content += `\n[This was the last look. Call ${VERDICT_TOOL} now.]`;
}

function soFar(looking: Looking): Omit<Look, "text" | "finishReason" | "failure"> {
  const { budget, messages, usages, waitedMs, retries, warnings, leftOut, responseBody } = looking;
  const { costUsd, turns } = budget;
  return { usage: totalUsage(usages), costUsd, turns, messages, waitedMs, retries, warnings, leftOut: [...leftOut], responseBody };
}

/** A sum of which a part is not known is not known. */
function totalUsage(usages: readonly Usage[]): Usage {
  const total = (key: keyof Usage) =>
    usages.reduce<number | null>(
      (sum, usage) => (sum === null || usage[key] === null ? null : sum + usage[key]),
      usages.length === 0 ? null : 0,
    );
  return {
    inputTokens: total("inputTokens"),
    outputTokens: total("outputTokens"),
    cachedInputTokens: total("cachedInputTokens"),
    reasoningTokens: total("reasoningTokens"),
  };
}

function failureOf(error: unknown): NonNullable<Look["failure"]> {
  if (error instanceof LimitReached) return { status: "truncated", reason: `no verdict within its limit (${error.message})` };
  if (error instanceof AssayError) return { status: "error", reason: error.message, error };
  throw error;
}
