/** What a scaffold is: the loop that drives the model. */
import type { FinishReason, Message, Request, ToolCall } from "./message.ts";
import type { OfferedTool, ToolOutput, ToolRole } from "./tool.ts";

export interface Reply {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
}

/** A trial as its scaffold sees it. Limits, recording and retries live behind `ask` and `use`; both throw LimitReached. */
export interface TrialHandle {
  readonly request: Request;
  /** The tools that the harness gives. */
  readonly tools: readonly OfferedTool[];
  /** Puts a message into the conversation. */
  say(message: Message): void;
  /** One model call over the conversation so far; the reply is appended to it. */
  ask(): Promise<Reply>;
  /** Executes a call, recorded. Its result is appended to the conversation: as a tool message, or, for a call without id, as a user message. */
  use(call: ToolCall): Promise<ToolOutput>;
  /** The trial's answer; the last one given counts. */
  answer(text: string): void;
}

/** How the model is offered tools: not at all, as native tool calls, or in its text. */
export type ToolStyle = "none" | "native" | "text";

/** One step of a known solution: a command to run, or the answer that ends it. */
export type ReferenceStep = { command: string } | { answer: string };

export interface ScaffoldDefinition {
  name: string;
  description: string;
  toolStyle: ToolStyle;
  /** Roles that some tool of the harness must play; a harness without is refused before anything starts. */
  needs?: readonly ToolRole[];
  /** Text put before the conversation: how to act under this scaffold. */
  instructions?: (tools: readonly OfferedTool[]) => string | undefined;
  /** For `toolStyle: "text"`: the reply by which a model takes this step, so that `mock/oracle` can play under this scaffold. */
  writeStep?: (step: ReferenceStep) => string;
  run(trial: TrialHandle): Promise<void>;
}

/** Defines a scaffold; one file in `src/scaffolds/` exports it as default. */
export function defineScaffold(definition: ScaffoldDefinition): ScaffoldDefinition {
  return definition;
}
