/** What a tool is: something the model can call, executed in the trial's sandbox. */
import type { z } from "zod";
import type { Sandbox, SandboxCapability } from "./sandbox.ts";

export type ToolFailure = "invalid-input" | "unknown-tool" | "timeout" | "denied" | "sandbox-gone" | "failed";

/** What a tool gives back. `text` is what the model is told, cut in the middle where it is long. */
export interface ToolOutput {
  text: string;
  /** Set where the call did not do what was asked; an observation for the model, never a crash of the trial. */
  failure?: ToolFailure;
  /** Ends the trial with this answer. */
  submitted?: { answer: string };
}

export interface ToolContext {
  /** The trial's sandbox; every exec in it is recorded. Calling it in a trial without one throws. */
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
  readonly commandTimeoutMs: number;
  /** The value this tool keeps for this trial (a session, an undo stack), made on first use; an AsyncDisposable one is disposed of at the trial's end. */
  state<T>(create: () => T | Promise<T>): Promise<T>;
}

export interface ToolDefinition<Input = unknown> {
  name: string;
  description: string;
  input: z.ZodType<Input>;
  /** What it needs of the sandbox; a tool that works without one says `needsSandbox: false`. */
  needsSandbox?: boolean;
  needs?: SandboxCapability[];
  execute(input: Input, context: ToolContext): Promise<ToolOutput> | ToolOutput;
}

export type AnyTool = ToolDefinition<unknown>;

/** Defines a tool; one file in `tools/` exports it as default. */
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition<Input> {
  return definition;
}
