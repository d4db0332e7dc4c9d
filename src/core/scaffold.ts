/** What a scaffold is: the loop that drives the model. */
import type { FinishReason, Message, Request, ToolCall } from "./message.ts";
import type { ToolOutput } from "./tool.ts";

export interface Reply {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
}

/** A trial as its scaffold sees it. Limits, recording and retries live behind `ask` and `use`; both throw LimitReached. */
export interface TrialHandle {
  readonly request: Request;
  /** Names of the tools the harness gives. */
  readonly toolNames: readonly string[];
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

export interface ScaffoldDefinition {
  name: string;
  description: string;
  toolStyle: ToolStyle;
  /** Text put before the conversation: how to act under this scaffold. */
  instructions?: (toolNames: readonly string[]) => string | undefined;
  run(trial: TrialHandle): Promise<void>;
}

/** Defines a scaffold; one file in `src/scaffolds/` exports it as default. */
export function defineScaffold(definition: ScaffoldDefinition): ScaffoldDefinition {
  return definition;
}

/** First line of the block by which a text-only model ends: the lines after it are its answer, taken as they are; nothing is run. */
export const DONE_COMMAND = "echo ASSAY_DONE";

/** A command as a text-only model writes it, in a fence longer than any inside the command. */
export function commandBlock(command: string): string {
  const longest = Math.max(2, ...command.split("\n").map((line) => /^\s*(`*)/.exec(line)?.[1]?.length ?? 0));
  const fence = "`".repeat(longest + 1);
  return `${fence}bash\n${command}\n${fence}`;
}
