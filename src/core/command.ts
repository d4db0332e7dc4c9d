/** What a model is told of a command that ran: always its exit code. */
import { isUtf8 } from "node:buffer";
import type { ExecResult } from "./sandbox.ts";
import type { ToolContext, ToolOutput } from "./tool.ts";

// ignoreBOM keeps a byte order mark in the text, as the command printed it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const grouped = new Intl.NumberFormat("en-US");

/**
 * A tool's output for a command: stdout as it is (both streams in tags where there is stderr), then notes in brackets, the exit code last.
 * `timeoutMs` is what the command was given, for the note that it was used up.
 */
export function commandOutput(result: ExecResult, options: { timeoutMs: number; notes?: readonly string[] }): ToolOutput {
  const notes = [...(options.notes ?? []), ...notesOn(result, options.timeoutMs)].map((note) => `[${note}]`).join("\n");
  const text = `${streams(result)}${notes}`;
  return result.timedOut ? { text, failure: "timeout" } : { text };
}

function streams({ stdout, stderr }: ExecResult): string {
  const out = endLine(decoder.decode(stdout));
  if (stderr.length === 0) return out;
  // Closing tags, because the middle of a long output is cut out: they tell what the tail is.
  return `${out && `<stdout>\n${out}</stdout>\n`}<stderr>\n${endLine(decoder.decode(stderr))}</stderr>\n`;
}

function notesOn(result: ExecResult, timeoutMs: number): string[] {
  const invalid = (["stdout", "stderr"] as const).filter((stream) => !isUtf8(result[stream]));
  return [
    result.stdout.length + result.stderr.length === 0 && "no output",
    invalid.length > 0 && `${invalid.join(" and ")} had bytes that are not valid UTF-8, shown as \uFFFD`,
    result.truncated && `${grouped.format(result.droppedBytes)} further bytes of output were dropped`,
    result.oomKilled && "a process was killed because the memory was used up",
    result.timedOut && `timed out after ${Number((timeoutMs / 1000).toFixed(1))} s and was killed; any output above is what came before`,
    result.signal ? `exit code ${result.exitCode}, ended by ${result.signal}` : `exit code ${result.exitCode}`,
  ].filter((note) => typeof note === "string");
}

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Milliseconds that a command may take: what the model asked for, and never more than the harness allows. */
export function commandTimeout(context: Pick<ToolContext, "commandTimeoutMs">, timeoutSeconds: number | undefined): number {
  return timeoutSeconds === undefined ? context.commandTimeoutMs : Math.min(timeoutSeconds * 1000, context.commandTimeoutMs);
}
