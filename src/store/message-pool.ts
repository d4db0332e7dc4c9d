/** The wire pool of one trial: each message of its request bodies is stored once; a body is then a list of ranges. */
import { sha256 } from "../core/json.ts";
import type { Content } from "../core/content.ts";
import type { Body, EventFields } from "../core/trace.ts";
import { continueMessages, findMessages, type MessageArray } from "./message-array.ts";
import type { Redactor } from "./redaction.ts";

/** Shorter content is stored as it is: a reference would not be shorter. */
const MIN_SHARED_CHARACTERS = 80;
/** With more ranges than this a body refers to the one before it. */
const MAX_RANGES = 4;

/** A message may come again a little changed: a mark for the provider's cache moves on. */
const REMEMBERED_MESSAGES = 8;

interface Said {
  index: number;
  content: string;
  /** As JSON has it, without the quotes; made when it is first looked for. */
  escaped?: string;
}

export interface PoolEvents {
  addEntry(fields: EventFields<"pool.add">): void;
  addFrame(fields: EventFields<"frame.add">): void;
  content(text: string): Content;
}

interface LastBody {
  text: string;
  array: MessageArray;
  entries: number[];
}

export class MessagePool {
  readonly #events: PoolEvents;
  readonly #redactor: Redactor;
  /** By hash and not by text: a slice of a body would keep the whole body in memory. */
  readonly #entries = new Map<string, number>();
  readonly #frames = new Map<string, number>();
  #said: Said[] = [];
  #last: LastBody | undefined;

  constructor(events: PoolEvents, redactor: Redactor) {
    this.#events = events;
    this.#redactor = redactor;
  }

  /** Tells of a message of the conversation: the next body is likely to have its content. */
  say(index: number, content: string): void {
    if (content.length >= MIN_SHARED_CHARACTERS) this.#said.push({ index, content });
  }

  /** Stores what is new of `body` and says how to rebuild it. */
  add(body: string): Body {
    const hash = sha256(body);
    const { value: text, count } = this.#redactor.text(body);
    const redactions = count > 0 ? { redactions: count } : {};
    const continued = this.#last && continueMessages(text, this.#last);
    const array = continued?.array ?? findMessages(text);
    if (array === undefined) return { sha256: hash, whole: this.#events.content(text), ...redactions };
    const kept = (continued && this.#last?.entries.slice(0, continued.kept)) ?? [];
    const entries = [
      ...kept,
      ...array.starts.slice(kept.length).map((start, nth) => this.#entry(text.slice(start, array.ends[kept.length + nth]))),
    ];
    const frame = this.#frame(text.slice(0, array.open), text.slice(array.close));
    const listed = this.#list(entries);
    this.#last = { text, array, entries };
    this.#said = this.#said.slice(-REMEMBERED_MESSAGES);
    return { sha256: hash, frame, ...listed, ...redactions };
  }

  #entry(wire: string): number {
    const key = sha256(wire);
    let index = this.#entries.get(key);
    if (index === undefined) {
      index = this.#entries.size;
      this.#entries.set(key, index);
      this.#events.addEntry({ index, wire: this.#shared(wire) ?? this.#events.content(wire) });
    }
    return index;
  }

  /** The entry with the content of a message of the conversation taken out. */
  #shared(wire: string): EventFields<"pool.add">["wire"] | undefined {
    for (const said of this.#said) {
      said.escaped ??= JSON.stringify(said.content).slice(1, -1);
      const start = wire.indexOf(said.escaped);
      if (start !== -1) return [wire.slice(0, start), { message: said.index }, wire.slice(start + said.escaped.length)];
    }
    return undefined;
  }

  #frame(before: string, after: string): number {
    const key = sha256(`${before.length} ${before}${after}`);
    let index = this.#frames.get(key);
    if (index === undefined) {
      index = this.#frames.size;
      this.#frames.set(key, index);
      this.#events.addFrame({ index, before: this.#events.content(before), after: this.#events.content(after) });
    }
    return index;
  }

  #list(entries: readonly number[]): { keep?: number; entries: [number, number][] } {
    const ranges = rangesOf(entries);
    if (ranges.length <= MAX_RANGES) return { entries: ranges };
    const before = this.#last?.entries ?? [];
    let keep = 0;
    while (keep < entries.length && entries[keep] === before[keep]) keep += 1;
    return { keep, entries: rangesOf(entries.slice(keep)) };
  }
}

function rangesOf(entries: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const entry of entries) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === entry) last[1] = entry + 1;
    else ranges.push([entry, entry + 1]);
  }
  return ranges;
}
