/** A file as a task gives it, and how it gets into a sandbox. */
import { z } from "zod";
import type { Sandbox } from "./sandbox.ts";

/** A file's content: text, or bytes as base64. */
export const fileContentSchema = z.union([
  z.string(),
  z.strictObject({ base64: z.base64(), mode: z.number().int().optional() }),
  z.strictObject({ text: z.string(), mode: z.number().int() }),
]);
export type FileContent = z.output<typeof fileContentSchema>;

/** Writes the file with the mode it asks for. */
export async function writeContent(sandbox: Sandbox, path: string, content: FileContent): Promise<void> {
  if (typeof content === "string") return sandbox.writeFile(path, content);
  const bytes = "text" in content ? content.text : Buffer.from(content.base64, "base64");
  return sandbox.writeFile(path, bytes, content.mode === undefined ? {} : { mode: content.mode });
}
