/** A tool as a model is told of it. */
import { z } from "zod";
import type { AnyTool } from "../core/tool.ts";
import type { ToolSpec } from "../models/client.ts";

export function toolSpecOf(tool: AnyTool): ToolSpec {
  const { $schema: _dialect, ...inputSchema } = z.toJSONSchema(tool.input, { io: "input" });
  return { name: tool.name, description: tool.description, inputSchema: inputSchema as ToolSpec["inputSchema"] };
}
