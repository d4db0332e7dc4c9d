/** The messages of a trial as the engine held them, with what the trace stores elsewhere put back in. */
import { AssayError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import type { TraceEvent } from "../core/trace.ts";
import { fieldsOf, type StoredFields } from "./read-trace.ts";

export interface SpokenMessage {
  index: number;
  message: Message;
  /** Of the event that put it into the conversation. */
  seq: number;
  t: number;
}

type Reply = Pick<StoredFields<"model.response">, "text" | "reasoning" | "toolCalls">;

function missing(what: string): AssayError {
  return new AssayError("run/format", `A trace refers to ${what}, which it does not hold.`, {
    hint: "Read the trace from its beginning, or restore it from a copy.",
  });
}

/** Follows a trace event by event. */
export class Conversation {
  readonly messages: Message[] = [];
  readonly #replies = new Map<number, Reply>();
  readonly #calls = new Map<number, { id: string | null; name: string }>();
  readonly #results = new Map<number, { shown: string; isError: boolean }>();

  /** Takes in the next event; returns the message it added, if it did. */
  follow(event: TraceEvent): SpokenMessage | undefined {
    const reply = fieldsOf(event, "model.response");
    if (reply) this.#replies.set(reply.call, reply);
    const call = fieldsOf(event, "tool.call");
    if (call) this.#calls.set(call.call, call);
    const result = fieldsOf(event, "tool.result");
    if (result && typeof result.shown === "string")
      this.#results.set(result.call, { shown: result.shown, isError: result.failure !== undefined });
    const added = fieldsOf(event, "message.add");
    if (!added) return undefined;
    const message = this.#resolve(added.message);
    this.messages[added.index] = message;
    return { index: added.index, message, seq: event.seq, t: event.t };
  }

  #resolve(stored: StoredFields<"message.add">["message"]): Message {
    if ("role" in stored) return stored;
    return "reply" in stored ? this.#replyMessage(stored.reply) : this.#toolMessage(stored.tool);
  }

  #replyMessage(call: number): Message {
    const reply = this.#replies.get(call);
    if (reply === undefined) throw missing(`the reply of call ${call}`);
    return {
      role: "assistant",
      content: reply.text,
      ...(reply.reasoning !== undefined && { reasoning: reply.reasoning }),
      ...(reply.toolCalls.length > 0 && { toolCalls: reply.toolCalls }),
    };
  }

  #toolMessage(number: number): Message {
    const call = this.#calls.get(number);
    const result = this.#results.get(number);
    if (call === undefined || result === undefined) throw missing(`the result of tool call ${number}`);
    if (call.id === null) return { role: "user", content: result.shown };
    return { role: "tool", toolCallId: call.id, toolName: call.name, content: result.shown, ...(result.isError && { isError: true }) };
  }
}

/** Every message of the trial, in order, as the engine held it. Throws `run/format` where the trace is not whole. */
export async function* conversationOf(events: AsyncIterable<TraceEvent>): AsyncGenerator<SpokenMessage> {
  const conversation = new Conversation();
  for await (const event of events) {
    const spoken = conversation.follow(event);
    if (spoken) yield spoken;
  }
}
