/** Records one attempt at a trial: events in order, content, and request bodies. */
import { AssayError } from "../core/errors.ts";
import type { TraceLocation } from "../core/record.ts";
import { TRACE_VERSION, type Body, type Content, type EventFields, type EventType } from "../core/trace.ts";
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
  /** Resolves when everything of the trial is written. Rejects with `run/disk`. */
  close(): Promise<TraceLocation>;
}

/** Where a trial's lines go: a file of its own, or a block of a shared one. */
export interface TraceSink {
  line(text: string): void;
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

export function createTrialRecorder({ trial, sink, blobs, redactor }: RecorderParts): TrialRecorder {
  const startedAt = performance.now();
  const held = new HeldMessages();
  const written: Promise<void>[] = [];
  let seq = 0;
  let pendingRedactions = 0;
  let redactions = 0;
  let isClosed = false;

  const pool = new MessagePool({ addEntry: (fields) => event("pool.add", fields), addFrame: (fields) => event("frame.add", fields), content: keep }, redactor);
  const shapes: Shapes = {
    "model.response": (fields) => (held.holdReply(fields), fields),
    "tool.call": (fields) => (held.holdCall(fields), fields),
    "tool.result": (fields) => (held.holdResult(fields), fields),
    "message.add": ({ index, message }) => {
      if ("role" in message) pool.say(index, message.content);
      return { index, message: held.refer(message) };
    },
    "trial.end": (fields) => (redactions > 0 ? { ...fields, totalRedactions: redactions } : fields),
  };

  function event<T extends EventType>(type: T, fields: EventFields<T>): void {
    if (isClosed) return;
    const shape = shapes[type];
    const envelope = { v: TRACE_VERSION, seq, t: Math.round((performance.now() - startedAt) * 10) / 10, type, ...(trial !== undefined && { trial }) };
    const whole = { ...envelope, ...(shape === undefined ? fields : shape(fields)) };
    let { value: line, count } = redactor.json(whole, ENVELOPE_KEYS);
    count += pendingRedactions;
    if (count > 0) {
      line = `${line.slice(0, -1)},"redactions":${count}}`;
      redactions += count;
      pendingRedactions = 0;
    }
    sink.line(`${line}\n`);
    seq += 1;
  }

  /** Keeps what is redacted already. */
  function keep(value: string | Uint8Array): Content {
    const kept = blobs.content(value);
    if (kept.written !== undefined) written.push(kept.written);
    return kept.content;
  }

  function content(value: string | Uint8Array): Content {
    const clean = typeof value === "string" ? redactor.text(value) : redactor.bytes(value);
    pendingRedactions += clean.count;
    return keep(clean.value);
  }

  function requestBody(body: string): Body {
    const built = pool.add(body);
    pendingRedactions += built.redactions ?? 0;
    return built;
  }

  async function close(): Promise<TraceLocation> {
    if (isClosed) throw new AssayError("internal/bug", "A trial's recorder was closed twice.");
    isClosed = true;
    const location = await sink.close();
    await Promise.all(written);
    return location;
  }

  return { event, content, requestBody, close };
}
