/** Messages of a conversation as lines for people. */
import type { Message } from "../../core/message.ts";
import { styled, type Line } from "./line.ts";
import { printable } from "./printable.ts";

/** A head line with the role, then the content indented by two spaces, cut to `maxLines` with a count of the rest. */
export function messageLines(message: Message, maxLines = Infinity): Line[] {
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  return [
    [styled(message.role === "tool" ? `tool ${message.toolName}` : message.role, "cyan")],
    ...textLines(message.content, maxLines),
    ...calls.map((call): Line => [`  ${call.name} `, styled(JSON.stringify(call.input), "dim")]),
  ];
}

/** Text indented by two spaces, cut to `maxLines` with a count of the rest. */
function textLines(text: string, maxLines = Infinity): Line[] {
  const lines = printable(text).replace(/\n+$/, "").split("\n");
  const shown = lines.length <= maxLines ? lines : lines.slice(0, Math.max(0, maxLines - 1));
  const hidden = lines.length - shown.length;
  return [
    ...shown.map((line): Line => (line === "" ? [] : [`  ${line}`])),
    ...(hidden > 0 ? [[styled(`  … ${hidden} more lines`, "dim")]] : []),
  ];
}
