/** Finds where a replayed conversation departs from its recording. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import { canonicalJson } from "../core/json.ts";
import type { Message } from "../core/message.ts";
import { Conversation } from "./prompt.ts";

const SHOWN_CHARACTERS = 60;

/** Compares what each turn adds to the conversation with what was added when it was recorded. */
export class Departures {
  /** The first departure of the trial. */
  first: string | undefined;
  readonly #recorded = new Conversation();
  #seen = 0;
  #seenRecorded = 0;

  /** The departures of a turn, from 1, as sentences. */
  at(turn: number, prompt: LanguageModelV4Prompt, sent: readonly Message[]): string[] {
    const recorded = this.#recorded.extend(sent);
    const found = compare(prompt.slice(this.#seen), recorded.slice(this.#seenRecorded)).map((departure) => `turn ${turn}, ${departure}`);
    this.#seen = prompt.length;
    this.#seenRecorded = recorded.length;
    this.first ??= found[0];
    return found.map((departure) => `The replay departs from its recording at ${departure}.`);
  }
}

function compare(now: LanguageModelV4Prompt, recorded: LanguageModelV4Prompt): string[] {
  const found = now.slice(0, recorded.length).flatMap((message, index) => {
    const then = recorded[index];
    if (!then) return [];
    const [nowText, thenText] = [shownText(message), shownText(then)];
    return message.role === then.role && nowText === thenText
      ? []
      : [`new message ${index + 1} (${then.role}): ${difference(thenText, nowText, then.role, message.role)}`];
  });
  if (now.length !== recorded.length) found.push(`${now.length} new messages, where ${recorded.length} were recorded`);
  return found;
}

/** What counts of a message: not its reasoning, which the engine's own messages may leave out. */
function shownText(message: LanguageModelV4Message): string {
  if (message.role === "system") return message.content;
  return message.content
    .flatMap((part) => {
      if (part.type === "text") return [part.text];
      if (part.type === "tool-result") return part.output.type === "text" ? [part.output.value] : [canonicalJson(part.output)];
      return part.type === "tool-call" ? [canonicalJson([part.toolName, part.input])] : [];
    })
    .join("\n");
}

function difference(then: string, now: string, thenRole: string, nowRole: string): string {
  if (thenRole !== nowRole) return `it is of role ${nowRole} now`;
  let same = 0;
  while (same < then.length && then[same] === now[same]) same++;
  const from = Math.max(0, same - SHOWN_CHARACTERS / 3);
  const shown = (text: string) =>
    JSON.stringify((from > 0 ? "…" : "") + text.slice(from, from + SHOWN_CHARACTERS) + (text.length > from + SHOWN_CHARACTERS ? "…" : ""));
  return `from character ${same + 1} on, recorded ${shown(then)}, now ${shown(now)}`;
}
