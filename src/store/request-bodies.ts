/** Rebuilds the exact bytes of every request body of a trial from its trace. */
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import { bodySchema, type Body, type TraceEvent } from "../core/trace.ts";
import { readContentText } from "./content.ts";
import { Conversation } from "./conversation.ts";
import { fieldsOf, type StoredFields } from "./read-trace.ts";

export interface RebuiltBody {
  /** Of the event that carries it. */
  seq: number;
  type: string;
  call: number | undefined;
  text: string;
  /** Of the bytes that were sent. */
  sha256: string;
  /** Whether `text` is what was sent, byte for byte. */
  isExact: boolean;
  /** Secrets that were taken out: the reason why a body is not exact. */
  redactions: number;
}

const carrierSchema = z.object({ request: bodySchema, call: z.number().int().optional() });

function missing(what: string): AssayError {
  return new AssayError("run/format", `A request body refers to ${what}, which the trace does not hold.`, {
    hint: "Read the trace from its beginning, or restore it from a copy.",
  });
}

class BodyBuilder {
  readonly #runPath: string;
  readonly #conversation = new Conversation();
  readonly #pool: string[] = [];
  readonly #frames: { before: string; after: string }[] = [];
  #entries: number[] = [];

  constructor(runPath: string) {
    this.#runPath = runPath;
  }

  async follow(event: TraceEvent): Promise<void> {
    this.#conversation.follow(event);
    const entry = fieldsOf(event, "pool.add");
    if (entry) this.#pool[entry.index] = await this.#wire(entry.wire);
    const frame = fieldsOf(event, "frame.add");
    if (frame)
      this.#frames[frame.index] = {
        before: await readContentText(this.#runPath, frame.before),
        after: await readContentText(this.#runPath, frame.after),
      };
  }

  async build(body: Body): Promise<string> {
    if ("whole" in body) return readContentText(this.#runPath, body.whole);
    const frame = this.#frames[body.frame];
    if (frame === undefined) throw missing(`frame ${body.frame}`);
    const entries = this.#entries.slice(0, body.keep ?? 0);
    for (const [from, to] of body.entries) {
      if (to > this.#pool.length) throw missing(`entry ${to - 1} of the pool`);
      for (let entry = from; entry < to; entry += 1) entries.push(entry);
    }
    this.#entries = entries;
    return `${frame.before}${entries.map((entry) => this.#pool[entry] ?? "").join(",")}${frame.after}`;
  }

  async #wire(wire: StoredFields<"pool.add">["wire"]): Promise<string> {
    if (!Array.isArray(wire)) return readContentText(this.#runPath, wire);
    return wire.map((part) => (typeof part === "string" ? part : this.#content(part.message))).join("");
  }

  #content(index: number): string {
    const message = this.#conversation.messages[index];
    if (message === undefined) throw missing(`message ${index}`);
    return JSON.stringify(message.content).slice(1, -1);
  }
}

/** The request bodies of a trial in order. `events` is its whole trace. Throws `run/format` where the trace is not whole. */
export async function* rebuildRequestBodies(runPath: string, events: AsyncIterable<TraceEvent>): AsyncGenerator<RebuiltBody> {
  const builder = new BodyBuilder(runPath);
  for await (const event of events) {
    await builder.follow(event);
    const carrier = carrierSchema.safeParse(event).data;
    if (carrier === undefined) continue;
    const text = await builder.build(carrier.request);
    yield {
      seq: event.seq,
      type: event.type,
      call: carrier.call,
      text,
      sha256: carrier.request.sha256,
      isExact: sha256(text) === carrier.request.sha256,
      redactions: carrier.request.redactions ?? 0,
    };
  }
}
