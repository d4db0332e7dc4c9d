/** What a tool is: something the model can call, executed in the trial's sandbox. */
import { z } from "zod";
import { AssayError } from "./errors.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SandboxCapability } from "./sandbox-spec.ts";

/** What a tool can be for. Its input has a text field named as the role; every other field is optional. */
export const TOOL_ROLES = {
  command: "runs a shell command",
  answer: "ends the trial with an answer",
} as const;

export type ToolRole = keyof typeof TOOL_ROLES;

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
  /** `command`: it runs the input's `command` in a shell. `answer`: it ends the trial with the input's `answer`. */
  plays?: ToolRole;
  /** What it needs of the sandbox; a tool that works without one says `needsSandbox: false`. */
  needsSandbox?: boolean;
  needs?: SandboxCapability[];
  execute(input: Input, context: ToolContext): Promise<ToolOutput> | ToolOutput;
}

export type AnyTool = ToolDefinition<unknown>;

/** A tool as scaffolds and models see it. */
export type OfferedTool = Pick<AnyTool, "name" | "description" | "plays">;

/** The first of the tools that plays a role. */
export function toolFor(role: ToolRole, tools: readonly OfferedTool[]): OfferedTool | undefined {
  return tools.find((tool) => tool.plays === role);
}

const inputSchema = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

/** Defines a tool; one file in `tools/` exports it as default. Throws `config/invalid` where its input does not fit the role that it plays. */
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition<Input> {
  const { name, input, plays } = definition;
  if (plays === undefined) return definition;
  const parsed = inputSchema.safeParse(z.toJSONSchema(input, { io: "input", unrepresentable: "any" }));
  const isText = z.object({ type: z.literal("string") }).safeParse(parsed.data?.properties[plays]).success;
  if (!isText || parsed.data?.required.some((field) => field !== plays))
    throw new AssayError("config/invalid", `Tool ${name} plays ${JSON.stringify(plays)}, but its input is not a text ${plays} alone.`, {
      hint: `Give it input: z.object({ ${plays}: z.string() }), with any other field optional.`,
    });
  return definition;
}
