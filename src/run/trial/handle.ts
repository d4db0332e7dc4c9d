/** The trial as its scaffold drives it: `ask` and `use`, with limits and recording inside. */
import { AssayError } from "../../core/errors.ts";
import type { Message, Request, Sampling, ToolCall } from "../../core/message.ts";
import type { ModelReply } from "../../core/model.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Reply, TrialHandle } from "../../core/scaffold.ts";
import { cutMiddle } from "../../core/shown.ts";
import type { ToolContext, ToolOutput } from "../../core/tool.ts";
import { failedCallOf } from "../../models/call-error.ts";
import type { TrialModel } from "../../models/client.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";
import type { RunContext } from "../context.ts";
import type { Execution } from "../execution.ts";
import type { Budget } from "./budget.ts";
import type { FileCaptures } from "./capture/captures.ts";
import { toolSandbox } from "./tool-sandbox.ts";
import { checkCall, executeCall } from "./tool-use.ts";

export interface HandleParts {
  execution: Execution;
  request: Request;
  model: TrialModel;
  recorder: TrialRecorder;
  budget: Budget;
  sandbox: Sandbox | undefined;
  /** Where there is a sandbox. */
  files: FileCaptures | undefined;
  signal: AbortSignal;
  /** The run's own limits. */
  stop: RunContext["stop"];
  /** Owns what tools keep for the trial. */
  scope: AsyncDisposableStack;
  /** Says what the trial is doing now. */
  doing: (what: string) => void;
  sampling: Sampling;
}

interface State {
  messages: Message[];
  toolStates: Map<string, Promise<unknown>>;
  output: string | null;
  warnings: string[];
  currentCall: number | undefined;
}

/** So many warnings of a trial are in its row; all of them are in its trace. */
const ROW_WARNINGS = 5;

export interface RunningTrial extends TrialHandle {
  /** What it answered so far. Functions and not getters, for the reason that Budget gives. */
  output(): string | null;
  /** The conversation so far. */
  messages(): readonly Message[];
  /** What its model could not do as asked, or where a replay departs from its recording: the first few. */
  warnings(): readonly string[];
  /** The tool call being executed, for the commands it runs. */
  currentCall(): number | undefined;
}

export function createHandle(parts: HandleParts): RunningTrial {
  const state: State = { messages: [], toolStates: new Map(), output: null, warnings: [], currentCall: undefined };
  return {
    request: parts.request,
    tools: parts.execution.tools,
    say: (message) => say(parts, state, message),
    ask: () => ask(parts, state),
    use: (call) => use(parts, state, call),
    answer: (text) => void (state.output = text),
    output: () => state.output,
    messages: () => state.messages,
    warnings: () => state.warnings,
    currentCall: () => state.currentCall,
  };
}

function say({ recorder }: HandleParts, { messages }: State, message: Message): void {
  recorder.event("message.add", { index: messages.length, message });
  messages.push(message);
}

async function ask(parts: HandleParts, state: State): Promise<Reply> {
  const { execution, model, recorder, budget, doing, signal, sampling } = parts;
  parts.stop.throwIfStopped();
  budget.checkTurn();
  const call = budget.turns + 1;
  doing(`model call ${call}`);
  recorder.event("model.request", { call, messages: state.messages.length, sampling, tools: execution.toolSpecs.map((tool) => tool.name) });
  const onWait = (what: string) => {
    doing(what);
    recorder.event("wait.begin", { for: "model", what });
  };
  const replying = model.call({ messages: state.messages, tools: execution.toolSpecs, sampling, signal, onWait });
  parts.files?.modelThinks(budget.toolCalls);
  const reply = await replying.catch((error: unknown) => {
    recordFailure(recorder, call, error);
    throw error;
  });
  budget.addReply(reply);
  parts.stop.spend(reply);
  if (state.warnings.length < ROW_WARNINGS) state.warnings.push(...reply.warnings.slice(0, ROW_WARNINGS - state.warnings.length));
  recordReply(recorder, call, reply);
  const { text, reasoning, toolCalls, finishReason } = reply;
  say(parts, state, { role: "assistant", content: text, ...(reasoning && { reasoning }), ...(toolCalls.length > 0 && { toolCalls }) });
  return { text, toolCalls, finishReason };
}

/** What was sent and answered before the call failed for good. */
function recordFailure(recorder: TrialRecorder, call: number, error: unknown): void {
  const failed = failedCallOf(error);
  if (!failed || !(error instanceof Error)) return;
  const { code, hint } = error instanceof AssayError ? error : { code: "model/rejected", hint: undefined };
  recorder.event("model.failed", {
    call,
    request: failed.requestBody === null ? null : recorder.requestBody(failed.requestBody),
    raw: failed.responseBody === null ? null : recorder.content(failed.responseBody),
    error: { code, message: error.message, ...(hint !== undefined && { hint }) },
    latencyMs: failed.latencyMs,
    waitedMs: failed.waitedMs,
    retries: failed.retries,
  });
}

function recordReply(recorder: TrialRecorder, call: number, reply: ModelReply): void {
  const { text, reasoning, toolCalls, finishReason, usage, costUsd, latencyMs, waitedMs, retries } = reply;
  recorder.event("model.response", {
    call,
    request: reply.requestBody === null ? null : recorder.requestBody(reply.requestBody),
    raw: reply.responseBody === null ? null : recorder.content(reply.responseBody),
    text,
    ...(reasoning && { reasoning }),
    toolCalls,
    finishReason,
    usage,
    costUsd,
    latencyMs,
    waitedMs,
    retries,
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
  });
}

async function use(parts: HandleParts, state: State, call: ToolCall): Promise<ToolOutput> {
  const { execution, recorder, budget, doing } = parts;
  budget.checkToolCall();
  budget.addToolCall();
  const number = budget.toolCalls;
  doing(`tool ${call.name}`);
  // Before the call is told, so that no wait for the first capture counts as its time.
  await parts.files?.toolBegins(number);
  recorder.event("tool.call", { call: number, turn: budget.turns, id: call.id, name: call.name, input: call.invalidInput ?? call.input });
  const startedAt = performance.now();
  const checked = checkCall(call, execution.tools);
  state.currentCall = number;
  const result =
    "failure" in checked ? checked.failure : await executeCall(checked.tool, checked.input, toolContext(parts, state, call.name));
  state.currentCall = undefined;
  const { shown, cutCharacters } = cutMiddle(result.text, execution.shownCharacters);
  recorder.event("tool.result", {
    call: number,
    shown: recorder.content(shown),
    cutCharacters,
    ...(cutCharacters > 0 && { whole: recorder.content(result.text) }),
    ...(result.failure && { failure: result.failure }),
    durationMs: performance.now() - startedAt,
  });
  say(parts, state, resultMessage(call, shown, result));
  return result;
}

/** A native call is answered by a tool message, one read out of text by a user message. */
function resultMessage(call: ToolCall, content: string, { failure }: ToolOutput): Message {
  if (call.id === null) return { role: "user", content };
  return { role: "tool", toolCallId: call.id, toolName: call.name, content, ...(failure && { isError: true }) };
}

function toolContext({ sandbox, signal, execution, budget, scope }: HandleParts, { toolStates }: State, toolName: string): ToolContext {
  const tools = sandbox && toolSandbox(sandbox);
  return {
    get sandbox() {
      if (tools) return tools;
      throw new AssayError(
        "config/unsupported",
        `The tool ${toolName} uses a sandbox, which it declares not to need; this trial has none.`,
        {
          hint: "Take `needsSandbox: false` out of the tool.",
        },
      );
    },
    signal,
    commandTimeoutMs: Math.max(1, Math.min(execution.commandTimeoutMs, budget.remainingMs)),
    async state<T>(create: () => T | Promise<T>): Promise<T> {
      let made = toolStates.get(toolName);
      if (!made) {
        made = Promise.resolve(create()).then((value) => {
          if (isDisposable(value)) scope.use(value);
          return value;
        });
        // What could not be made is tried again at the next call.
        made.catch(() => toolStates.delete(toolName));
        toolStates.set(toolName, made);
      }
      // Each tool reads back only what it made itself, under its own name.
      return made as Promise<T>;
    },
  };
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}
