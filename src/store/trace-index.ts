/**
 * The index beside a trace, `<trace>.idx`: one record of 32 bytes an event, for reading by range.
 * It is derived: made from the trace where it is missing or does not reach to the trace's end.
 */
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { z } from "zod";
import { jsonOrUndefined } from "../core/json.ts";
import { eventSchemas } from "../core/trace.ts";
import { TEMPORARY_SUFFIX } from "./atomic-file.ts";

export const INDEX_HEADER_BYTES = 1024;
export const INDEX_RECORD_BYTES = 32;
const INDEX_VERSION = 1;

interface IndexEntry {
  seq: number;
  /** First byte of the event's line. */
  offset: number;
  /** Bytes of the line, its newline included. */
  length: number;
  /** Milliseconds since the trial began. */
  t: number;
  /** An unknown type is `""`. */
  type: string;
  /** The model call it belongs to, from 1; 0 before the first. */
  turn: number;
}

export interface TraceIndex {
  readonly count: number;
  /** The nth event of the file. */
  at(position: number): IndexEntry | undefined;
}

const TYPES = Object.keys(eventSchemas);
const callSchema = z.object({ call: z.number().int().min(0) });
const headerSchema = z.object({
  assayIndex: z.literal(INDEX_VERSION),
  recordBytes: z.literal(INDEX_RECORD_BYTES),
  types: z.array(z.string()),
});

function headerOf(): Buffer {
  const text = JSON.stringify({ assayIndex: INDEX_VERSION, recordBytes: INDEX_RECORD_BYTES, types: TYPES });
  return Buffer.from(`${text.padEnd(INDEX_HEADER_BYTES - 1)}\n`);
}

export function indexPathOf(tracePath: string): string {
  return tracePath.replace(/\.jsonl$/, ".idx");
}

/** Enough of a line to hold the envelope up to its type, and the call of a model.request of a trial with a file of its own. */
const HEAD_BYTES = 256;
const HEAD = /^\{"v":\d+,"seq":(\d+),"t":([\d.e+-]+),"type":"([^"\\]+)"/;
const READ_BYTES = 256 * 1024;
const NEWLINE = 10;

/** Index records as they pile up: one buffer that doubles. */
class IndexBytes {
  #bytes: Buffer = Buffer.alloc(INDEX_HEADER_BYTES * 8);
  #length = headerOf().copy(this.#bytes);

  add(entry: IndexEntry): void {
    if (this.#length + INDEX_RECORD_BYTES > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    const start = this.#length;
    this.#bytes.writeDoubleLE(entry.offset, start);
    this.#bytes.writeDoubleLE(entry.t, start + 8);
    this.#bytes.writeUInt32LE(entry.length, start + 16);
    this.#bytes.writeUInt32LE(entry.seq, start + 20);
    this.#bytes.writeUInt32LE(entry.turn, start + 24);
    this.#bytes.writeUInt32LE(TYPES.indexOf(entry.type) + 1, start + 28);
    this.#length += INDEX_RECORD_BYTES;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Walks a trace once and gives the index as bytes, header included. */
async function buildTraceIndex(tracePath: string): Promise<Buffer> {
  const index = new IndexBytes();
  let turn = 0;
  await using handle = await open(tracePath, "r");
  // Read into one buffer again and again: it begins with the start of a line whose end is not read yet.
  let bytes = Buffer.allocUnsafe(READ_BYTES);
  let filled = 0;
  let offset = 0;
  for (;;) {
    if (filled === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    const read = bytes.subarray(0, filled + bytesRead);
    let start = 0;
    for (let newline = read.indexOf(NEWLINE, filled); newline !== -1; newline = read.indexOf(NEWLINE, start)) {
      const entry = entryOf(read.subarray(start, newline), turn);
      turn = entry.turn;
      index.add({ ...entry, offset: offset + start, length: newline + 1 - start });
      start = newline + 1;
    }
    read.copyWithin(0, start);
    filled = read.length - start;
    offset += start;
  }
  return index.whole();
}

function entryOf(line: Buffer, turn: number): Omit<IndexEntry, "offset" | "length"> {
  const [, seq = "0", t = "0", type = ""] = HEAD.exec(line.toString("latin1", 0, HEAD_BYTES)) ?? [];
  const entry = { seq: Number(seq), t: Number(t), type };
  if (type !== "model.request") return { ...entry, turn: entry.seq === 0 ? 0 : turn };
  const call = callSchema.safeParse(JSON.parse(line.toString("utf8")));
  return { ...entry, turn: call.data?.call ?? turn };
}

/** Makes the index of a finished trace anew. */
export async function writeTraceIndex(tracePath: string): Promise<Buffer> {
  const bytes = await buildTraceIndex(tracePath);
  const temporary = `${indexPathOf(tracePath)}.${process.pid}${TEMPORARY_SUFFIX}`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, indexPathOf(tracePath));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  return bytes;
}

/** Reads the index of a trace; makes it anew where it is missing, stale or damaged. */
export async function readTraceIndex(tracePath: string): Promise<TraceIndex> {
  const { size } = await stat(tracePath);
  const stored = await readFile(indexPathOf(tracePath)).catch(() => undefined);
  const parsed = stored && parseIndex(stored);
  if (parsed !== undefined && endOf(parsed) === size) return parsed;
  const made = parseIndex(await buildTraceIndex(tracePath));
  if (made === undefined) throw new TypeError("an index that was just made cannot be read");
  return made;
}

function endOf(index: TraceIndex): number {
  const last = index.at(index.count - 1);
  return last === undefined ? 0 : last.offset + last.length;
}

function parseIndex(bytes: Buffer): TraceIndex | undefined {
  const types = parseTypes(bytes);
  if (types === undefined) return undefined;
  const count = Math.floor((bytes.length - INDEX_HEADER_BYTES) / INDEX_RECORD_BYTES);
  return {
    count,
    at(position) {
      if (position < 0 || position >= count) return undefined;
      const start = INDEX_HEADER_BYTES + position * INDEX_RECORD_BYTES;
      return {
        offset: bytes.readDoubleLE(start),
        t: bytes.readDoubleLE(start + 8),
        length: bytes.readUInt32LE(start + 16),
        seq: bytes.readUInt32LE(start + 20),
        turn: bytes.readUInt32LE(start + 24),
        type: types[bytes.readUInt32LE(start + 28) - 1] ?? "",
      };
    },
  };
}

function parseTypes(bytes: Buffer): string[] | undefined {
  return headerSchema.safeParse(jsonOrUndefined(bytes.toString("utf8", 0, INDEX_HEADER_BYTES))).data?.types;
}
