/** Reads the events of one trial, whichever way they were written. */
import { join } from "node:path";
import type { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { jsonOrUndefined } from "../core/json.ts";
import type { Prediction, TraceLocation } from "../core/record.ts";
import { envelopeSchema, eventSchemas, type EventType, type TraceEvent } from "../core/trace.ts";
import { readLines } from "./lines.ts";
import { readTraceIndex } from "./trace-index.ts";

/** Events by `seq`: from `from` up to, not including, `to`. */
interface EventRange {
  from?: number;
  to?: number;
}

type StoredEvents = { [K in EventType]: z.output<(typeof eventSchemas)[K]> };

/** Fields of an event type as read back. */
export type StoredFields<T extends EventType> = StoredEvents[T];

const schemas: { [K in EventType]: z.ZodType<StoredEvents[K]> } = eventSchemas;

const TRACE_FILE = /^traces\/[^/\\]+\.jsonl$/;

/** The fields of `event` where it is of this type and as its schema says; undefined otherwise. */
export function fieldsOf<T extends EventType>(event: TraceEvent, type: T): StoredFields<T> | undefined {
  if (event.type !== type) return undefined;
  return schemas[type].safeParse(event).data;
}

function parseEvent(text: string, file: string, offset: number): TraceEvent {
  const event = envelopeSchema.safeParse(jsonOrUndefined(text));
  if (event.success) return event.data;
  throw new AssayError("run/format", `${file} has a damaged event at byte ${offset}.`, { hint: "Restore the file from a copy." });
}

/** The trace of a row, or of a location in the run folder. An event of unknown type is given as it is; a torn last line is left out. */
export async function* readTrace(runPath: string, of: Prediction | TraceLocation, range: EventRange = {}): AsyncGenerator<TraceEvent> {
  const location = "trace" in of ? traceOf(of) : of;
  if (!TRACE_FILE.test(location.file))
    throw new AssayError("run/format", `A row names the trace ${JSON.stringify(location.file.slice(0, 120))}, which is not in traces/.`, {
      hint: "Restore predictions.jsonl from a copy.",
    });
  const path = join(runPath, location.file);
  const { from = 0, to = Infinity } = range;
  try {
    for await (const line of readLines(path, await bytesOf(path, location, range))) {
      if (line.isTorn) break;
      const event = parseEvent(line.text, location.file, line.offset);
      if (event.seq >= to) break;
      if (event.seq >= from) yield event;
    }
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError("run/not-found", `${location.file} of the run cannot be read.`, {
      hint: "Restore it from a copy, or run the trial again.",
      cause,
    });
  }
}

function traceOf(row: Prediction): TraceLocation {
  return row.trace;
}

/** Which bytes of the file hold the events: the trial's block, or by the index where only some are wanted. */
async function bytesOf(path: string, location: TraceLocation, range: EventRange): Promise<{ offset?: number; bytes?: number }> {
  if (location.offset !== undefined && location.bytes !== undefined) return { offset: location.offset, bytes: location.bytes };
  if (range.from === undefined && range.to === undefined) return {};
  const index = await readTraceIndex(path);
  const first = index.at(range.from ?? 0);
  if (first === undefined) return { bytes: 0 };
  const end = range.to === undefined ? undefined : index.at(range.to);
  return { offset: first.offset, ...(end !== undefined && { bytes: end.offset - first.offset }) };
}
