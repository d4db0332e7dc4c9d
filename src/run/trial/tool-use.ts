/** Executes one tool call of the model: found, checked, run, cut to what the model is shown. */
import { z } from "zod";
import { AssayError, endsAtLeast } from "../../core/errors.ts";
import { LimitReached } from "../../core/limits.ts";
import type { ToolCall } from "../../core/message.ts";
import type { AnyTool, ToolContext, ToolOutput } from "../../core/tool.ts";
import { nearestName } from "../../core/nearest.ts";

/** What went wrong with a call, said to the model; or undefined and the parsed input. */
type Checked = { tool: AnyTool; input: unknown } | { failure: ToolOutput };

/** Finds the tool and parses its input; a wrong name or input becomes an answer that says what was wrong. */
export function checkCall(call: ToolCall, tools: readonly AnyTool[]): Checked {
  const tool = tools.find((candidate) => candidate.name === call.name);
  if (!tool) {
    const names = tools.map((candidate) => candidate.name);
    const nearest = nearestName(call.name, names);
    return {
      failure: {
        failure: "unknown-tool",
        text: `There is no tool named ${JSON.stringify(call.name)}.${nearest ? ` Did you mean ${nearest}?` : ""} Available tools: ${names.join(", ")}.`,
      },
    };
  }
  if (call.invalidInput !== undefined) {
    return {
      failure: {
        failure: "invalid-input",
        text: `The arguments of ${call.name} were not valid JSON, so it was not run: ${call.invalidInput.slice(0, 400)}\nCall it again with one JSON object as arguments.`,
      },
    };
  }
  const parsed = tool.input.safeParse(call.input);
  if (!parsed.success) {
    return {
      failure: {
        failure: "invalid-input",
        text: `The arguments of ${call.name} do not fit, so it was not run:\n${z.prettifyError(parsed.error)}\nCall it again with corrected arguments.`,
      },
    };
  }
  return { tool, input: parsed.data };
}

/** Runs a checked call. Only a limit, a cancelled trial or an error that ends more than a call throws; anything else is an observation. */
export async function executeCall(tool: AnyTool, input: unknown, context: ToolContext): Promise<ToolOutput> {
  try {
    return await tool.execute(input, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof LimitReached) throw error;
    if (error instanceof AssayError && endsAtLeast(error.code, "attempt")) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { failure: "failed", text: `The tool ${tool.name} failed: ${message}` };
  }
}
