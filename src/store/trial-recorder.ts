/** Records one attempt at a trial: events in order, content, and request bodies. */
import type { TraceLocation } from "../core/record.ts";
import type { Content } from "../core/content.ts";
import { TRACE_VERSION, type Body, type EventFields, type EventType } from "../core/trace.ts";
import type { BlobWriter } from "./blobs.ts";
import { MessagePool } from "./message-pool.ts";
import type { Redactor } from "./redaction.ts";
import { HeldMessages } from "./stored-conversation.ts";

export interface TrialRecorder {
  /** Records an event now; it is written in the background, in order. `seq` and `t` are filled in. Ignored after {@link close}. */
  event<T extends EventType>(type: T, fields: EventFields<T>): void;
  /** What an event may hold of `value`: the text itself, base64 where it is not UTF-8, a blob where it is over 64 KiB. */
  content(value: string | Uint8Array): Content;
  /** How to rebuild this request body; its new messages go into the trace now. */
  requestBody(body: string): Body;
  /**
   * Resolves when everything so far is written, with where it is: what the trial's row waits for. Events may follow where the
   * trace has a file of its own; a block ends here. Rejects with `run/disk`.
   */
  written(): Promise<TraceLocation>;
  /** Resolves when everything of the trial is written. Rejects with `run/disk`. */
  close(): Promise<TraceLocation>;
}

/** Where a trial's lines go: a file of its own, or a block of a shared one. */
export interface TraceSink {
  line(text: string): void;
  /** Absent where what is written cannot be told before the end. */
  written?(): Promise<TraceLocation>;
  close(): Promise<TraceLocation>;
}

export interface RecorderParts {
  /** In the envelope of every event, where many trials share a file. */
  trial?: string;
  sink: TraceSink;
  blobs: BlobWriter;
  redactor: Redactor;
}

const ENVELOPE_KEYS = new Set(["v", "seq", "t", "type", "trial"]);

type Shapes = { [K in EventType]?: (fields: EventFields<K>) => EventFields<K> };

export class OpenedTrialRecorder implements TrialRecorder {
  readonly #parts: RecorderParts;
  readonly #startedAt = performance.now();
  readonly #held = new HeldMessages();
  readonly #pool: MessagePool;
  readonly #written: Promise<void>[] = [];
  #seq = 0;
  #pendingRedactions = 0;
  #totalRedactions = 0;
  #closed: Promise<TraceLocation> | undefined;

  /** What is done with the fields of an event before it is written. */
  readonly #shapes: Shapes = {
    "model.response": (fields) => (this.#held.holdReply(fields), fields),
    "tool.call": (fields) => (this.#held.holdCall(fields), fields),
    "tool.result": (fields) => (this.#held.holdResult(fields), fields),
    "message.add": ({ index, message }) => {
      if ("role" in message) this.#pool.say(index, message.content);
      return { index, message: this.#held.refer(message) };
    },
    "trial.end": (fields) => (this.#totalRedactions > 0 ? { ...fields, totalRedactions: this.#totalRedactions } : fields),
  };

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#pool = new MessagePool(
      {
        addEntry: (fields) => this.event("pool.add", fields),
        addFrame: (fields) => this.event("frame.add", fields),
        content: (text) => this.#keep(text),
      },
      parts.redactor,
    );
  }

  event<T extends EventType>(type: T, fields: EventFields<T>): void {
    if (this.#closed !== undefined) return;
    const { trial, redactor, sink } = this.#parts;
    const shape = this.#shapes[type];
    const t = Math.round((performance.now() - this.#startedAt) * 10) / 10;
    const envelope = { v: TRACE_VERSION, seq: this.#seq, t, type, ...(trial !== undefined && { trial }) };
    const { value: line, count } = redactor.json({ ...envelope, ...(shape === undefined ? fields : shape(fields)) }, ENVELOPE_KEYS);
    const redactions = count + this.#pendingRedactions;
    this.#pendingRedactions = 0;
    this.#totalRedactions += redactions;
    this.#seq += 1;
    sink.line(redactions === 0 ? `${line}\n` : `${line.slice(0, -1)},"redactions":${redactions}}\n`);
  }

  content(value: string | Uint8Array): Content {
    const { redactor } = this.#parts;
    const clean = typeof value === "string" ? redactor.text(value) : redactor.bytes(value);
    this.#pendingRedactions += clean.count;
    return this.#keep(clean.value);
  }

  requestBody(body: string): Body {
    const built = this.#pool.add(body);
    this.#pendingRedactions += built.redactions ?? 0;
    return built;
  }

  async written(): Promise<TraceLocation> {
    const { sink } = this.#parts;
    if (sink.written === undefined) return this.close();
    const location = await sink.written();
    await Promise.all(this.#written);
    return location;
  }

  close(): Promise<TraceLocation> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<TraceLocation> {
    const location = await this.#parts.sink.close();
    await Promise.all(this.#written);
    return location;
  }

  /** Keeps what is redacted already. */
  #keep(value: string | Uint8Array): Content {
    const kept = this.#parts.blobs.content(value);
    if (kept.written !== undefined) this.#written.push(kept.written);
    return kept.content;
  }
}
