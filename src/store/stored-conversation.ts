/** Says of a message what the trace already holds of it, so that replies and tool results are stored once. */
import type { EventFields } from "../core/trace.ts";

type StoredMessage = EventFields<"message.add">["message"];
type SpokenMessage = Extract<StoredMessage, { role: string }>;

interface HeldReply {
  call: number;
  text: string;
  reasoning: string | undefined;
  toolCalls: string;
}

interface HeldResult {
  call: number;
  id: string | null;
  name: string;
  shown: string;
  isError: boolean;
}

/** What the last turn left: its reply, and the results of the calls since. */
export class HeldMessages {
  #reply: HeldReply | undefined;
  #calls = new Map<number, { id: string | null; name: string }>();
  #results: HeldResult[] = [];

  holdReply({ call, text, reasoning, toolCalls }: EventFields<"model.response">): void {
    this.#reply = { call, text, reasoning, toolCalls: JSON.stringify(toolCalls) };
    this.#calls.clear();
    this.#results = [];
  }

  holdCall({ call, id, name }: EventFields<"tool.call">): void {
    this.#calls.set(call, { id, name });
  }

  holdResult({ call, shown, failure }: EventFields<"tool.result">): void {
    const made = this.#calls.get(call);
    if (made !== undefined && typeof shown === "string") this.#results.push({ call, ...made, shown, isError: failure !== undefined });
  }

  /** The message as `message.add` stores it. */
  refer(message: StoredMessage): StoredMessage {
    if (!("role" in message)) return message;
    if (message.role === "assistant") return this.#isReply(message) ? { reply: this.#reply?.call ?? 0 } : message;
    const held = this.#results.find((result) => isResult(message, result));
    return held === undefined ? message : { tool: held.call };
  }

  #isReply(message: Extract<SpokenMessage, { role: "assistant" }>): boolean {
    const reply = this.#reply;
    if (reply === undefined || reply.text !== message.content || reply.reasoning !== message.reasoning) return false;
    return reply.toolCalls === JSON.stringify(message.toolCalls ?? []);
  }
}

function isResult(message: SpokenMessage, result: HeldResult): boolean {
  if (message.content !== result.shown) return false;
  if (message.role === "user") return result.id === null;
  return (
    message.role === "tool" &&
    message.toolCallId === result.id &&
    message.toolName === result.name &&
    (message.isError ?? false) === result.isError
  );
}
