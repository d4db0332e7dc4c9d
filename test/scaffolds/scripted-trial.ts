/** A trial whose model says what the script says: the outer edge of a scaffold. */
import type { Message, ToolCall } from "../../src/core/message.ts";
import type { Reply, ScaffoldDefinition } from "../../src/core/scaffold.ts";
import type { ToolOutput, ToolRole } from "../../src/core/tool.ts";

export interface Played {
  /** Every message after the request, shortened to `role: content`. */
  conversation: string[];
  calls: ToolCall[];
  answer: string | undefined;
}

export interface ScriptedTool {
  plays?: ToolRole;
  execute: (input: unknown) => ToolOutput;
}

/** Runs the scaffold against the script's replies; throws where it asks for more than there are. */
export async function play(
  scaffold: ScaffoldDefinition,
  script: Partial<Reply>[],
  tools: Record<string, ScriptedTool> = {},
): Promise<Played> {
  const played: Played = { conversation: [], calls: [], answer: undefined };
  const say = (message: Message) => void played.conversation.push(`${message.role}: ${message.content}`);
  const replies = script.values();
  await scaffold.run({
    request: { kind: "chat", messages: [{ role: "user", content: "task" }] },
    tools: Object.entries(tools).map(([name, { plays }]) => ({ name, description: `It is ${name}.`, ...(plays && { plays }) })),
    say,
    async ask() {
      const next = replies.next();
      if (next.done) throw new Error("The scaffold asked for more replies than the script has.");
      const reply = { text: "", toolCalls: [], finishReason: "stop" as const, ...next.value };
      say({ role: "assistant", content: reply.text });
      return reply;
    },
    async use(call) {
      played.calls.push(call);
      const output = tools[call.name]?.execute(call.input) ?? { text: `There is no tool ${call.name}.`, failure: "unknown-tool" as const };
      say(
        call.id === null
          ? { role: "user", content: output.text }
          : { role: "tool", toolCallId: call.id, toolName: call.name, content: output.text },
      );
      return output;
    },
    answer: (text) => void (played.answer = text),
  });
  if (!replies.next().done) throw new Error("The scaffold ended before the script did.");
  return played;
}

let calls = 0;

export function toolCall(name: string, input: ToolCall["input"] = {}): ToolCall {
  return { id: `call-${(calls += 1)}`, name, input };
}
