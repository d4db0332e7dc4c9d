/** The trial as its scaffold drives it: `ask` and `use`, with limits and recording inside. */
import { cutMiddle } from "../../core/shown.ts";
import type { Message, Request, ToolCall } from "../../core/message.ts";
import type { Reply, TrialHandle } from "../../core/scaffold.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { ToolContext, ToolOutput } from "../../core/tool.ts";
import type { TrialModel } from "../../models/client.ts";
import type { TrialRecorder } from "../../store/run-folder.ts";
import type { Execution } from "../execution.ts";
import type { Budget } from "./budget.ts";
import { checkCall, executeCall } from "./tool-use.ts";

export interface HandleParts {
  execution: Execution;
  request: Request;
  model: TrialModel;
  recorder: TrialRecorder;
  budget: Budget;
  sandbox: Sandbox | undefined;
  signal: AbortSignal;
  /** Owns what tools keep for the trial. */
  scope: AsyncDisposableStack;
  /** Says what the trial is doing now. */
  doing: (what: string) => void;
  sampling: Parameters<TrialModel["call"]>[0]["sampling"];
}

export interface RunningTrial extends TrialHandle {
  readonly output: string | null;
  /** The tool call being executed, for the commands it runs. */
  readonly currentCall: number | undefined;
}

export function createHandle(parts: HandleParts): RunningTrial {
  const { execution, request, model, recorder, budget, signal, doing } = parts;
  const messages: Message[] = [];
  const toolStates = new Map<string, Promise<unknown>>();
  let output: string | null = null;
  let currentCall: number | undefined;

  const say = (message: Message) => {
    recorder.event("message.add", { index: messages.length, message });
    messages.push(message);
  };

  const ask = async (): Promise<Reply> => {
    budget.checkTurn();
    const call = budget.turns + 1;
    doing(`model call ${call}`);
    recorder.event("model.request", { call, messages: messages.length, sampling: parts.sampling, tools: execution.tools.map((tool) => tool.name) });
    const reply = await model.call({
      messages, tools: execution.toolSpecs, sampling: parts.sampling, signal,
      onWait: (what) => {
        doing(what);
        recorder.event("wait.begin", { for: "model", what });
      },
    });
    budget.addReply(reply);
    recorder.event("model.response", {
      call,
      request: reply.requestBody === null ? null : recorder.requestBody(reply.requestBody),
      raw: reply.responseBody === null ? null : recorder.content(reply.responseBody),
      text: reply.text,
      ...(reply.reasoning && { reasoning: reply.reasoning }),
      toolCalls: reply.toolCalls, finishReason: reply.finishReason, usage: reply.usage, costUsd: reply.costUsd,
      latencyMs: reply.latencyMs, waitedMs: reply.waitedMs, retries: reply.retries,
    });
    say({ role: "assistant", content: reply.text, ...(reply.reasoning && { reasoning: reply.reasoning }), ...(reply.toolCalls.length > 0 && { toolCalls: reply.toolCalls }) });
    return { text: reply.text, toolCalls: reply.toolCalls, finishReason: reply.finishReason };
  };

  const contextFor = (toolName: string): ToolContext => ({
    get sandbox() {
      if (!parts.sandbox) throw new Error("this trial has no sandbox");
      return parts.sandbox;
    },
    signal,
    commandTimeoutMs: Math.max(1, Math.min(execution.commandTimeoutMs, budget.remainingMs())),
    async state<T>(create: () => T | Promise<T>): Promise<T> {
      let made = toolStates.get(toolName);
      if (!made) {
        made = Promise.resolve(create()).then((value) => {
          if (isDisposable(value)) parts.scope.use(value);
          return value;
        });
        toolStates.set(toolName, made);
      }
      // Each tool reads back only what it made itself under its own name.
      return made as Promise<T>;
    },
  });

  const use = async (call: ToolCall): Promise<ToolOutput> => {
    budget.checkToolCall();
    budget.addToolCall();
    const number = (currentCall = budget.toolCalls);
    doing(`${call.name}`);
    recorder.event("tool.call", { call: number, turn: budget.turns, id: call.id, name: call.name, input: call.invalidInput ?? call.input });
    const startedAt = performance.now();
    const checked = checkCall(call, execution.tools);
    const result = "failure" in checked ? checked.failure : await executeCall(checked.tool, checked.input, contextFor(call.name));
    currentCall = undefined;
    const { shown, cutCharacters } = cutMiddle(result.text, execution.shownCharacters);
    recorder.event("tool.result", {
      call: number, shown: recorder.content(shown), cutCharacters,
      ...(cutCharacters > 0 && { whole: recorder.content(result.text) }),
      ...(result.failure && { failure: result.failure }),
      durationMs: performance.now() - startedAt,
    });
    say(
      call.id === null
        ? { role: "user", content: shown }
        : { role: "tool", toolCallId: call.id, toolName: call.name, content: shown, ...(result.failure && { isError: true }) },
    );
    return result;
  };

  return {
    request,
    toolNames: execution.tools.map((tool) => tool.name),
    say, ask, use,
    answer: (text) => void (output = text),
    get output() { return output; },
    get currentCall() { return currentCall; },
  };
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === "object" && value !== null && Symbol.asyncDispose in value;
}

