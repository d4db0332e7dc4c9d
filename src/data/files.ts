/** Reads records out of data files: JSON Lines, JSON, CSV, Parquet, each also compressed by gzip or zstd. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { AssayError } from "../core/errors.ts";
import { csvRecords } from "./csv.ts";
import { jsonLineRecords, jsonRecords } from "./json.ts";
import { decodeText, linesOf } from "./lines.ts";

/** One record as it stands in a file. `place` is for people: "line 1,234". */
export interface DataRecord {
  value: unknown;
  place: string;
}

export interface ReadOptions {
  /** The file's name in messages. */
  shown: string;
  limit: number;
  signal?: AbortSignal | undefined;
}

/** Largest file, before and after decompression, that is held as a whole (JSON and Parquet; others are read line by line). */
const MAX_WHOLE_BYTES = 1024 ** 3;
/** Decompressed bytes after which a file is taken for a bomb. */
const MAX_STREAM_BYTES = 16 * 1024 ** 3;

const FORMATS = ".jsonl, .ndjson, .json, .csv, .parquet; all but the last also with .gz or .zst";

/** The records of a file, in order. Throws `data/not-found` and `data/invalid`. */
export async function* readRecords(path: string, options: ReadOptions): AsyncGenerator<DataRecord> {
  await refuseMissing(path);
  const compression = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase();
  const format = extname(compression ? path.slice(0, -compression.length - 1) : path).toLowerCase();
  if (format === ".parquet" && !compression) {
    await refuseLarge(path, options.shown);
    const { parquetRecords } = await import("./parquet.ts");
    return yield* parquetRecords(path, options);
  }
  const chunks = decompressed(path, compression, options);
  if (format === ".jsonl" || format === ".ndjson") return yield* jsonLineRecords(linesOf(chunks, options.shown), options.shown);
  if (format === ".csv") return yield* csvRecords(linesOf(chunks, options.shown), options.shown);
  if (format === ".json") return yield* jsonRecords(decodeText(await whole(chunks, options.shown), options.shown), options.shown);
  throw new AssayError("data/invalid", `${options.shown}: a file of this kind is not understood.`, { hint: `Known: ${FORMATS}.` });
}

/** SHA-256 of a file's bytes as they are on disk. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function refuseMissing(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new AssayError("data/not-found", `There is no file ${path}.`, { hint: "Check the path given with -o data=PATH." });
  if (!found.isFile()) throw new AssayError("data/not-found", `${path} is not a file.`, { hint: `Name one file: ${FORMATS}.` });
}

async function refuseLarge(path: string, shown: string): Promise<void> {
  const { size } = await stat(path);
  if (size > MAX_WHOLE_BYTES) throw tooLarge(shown, MAX_WHOLE_BYTES);
}

function tooLarge(shown: string, bytes: number): AssayError {
  return new AssayError("data/invalid", `${shown} is larger than ${bytes / 1024 ** 3} GiB.`, {
    hint: "Split it, or convert it to .jsonl.",
  });
}

async function* decompressed(path: string, compression: string | undefined, { shown, signal }: ReadOptions): AsyncGenerator<Buffer> {
  const file = createReadStream(path, signal ? { signal } : {});
  const stream: Readable =
    compression === "gz" ? file.pipe(createGunzip()) : compression === "zst" ? file.pipe(createZstdDecompress()) : file;
  file.on("error", (error) => stream.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_STREAM_BYTES) throw tooLarge(shown, MAX_STREAM_BYTES);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof AssayError || signal?.aborted) throw error;
    throw new AssayError("data/invalid", `${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  } finally {
    file.destroy();
  }
}

async function whole(chunks: AsyncIterable<Buffer>, shown: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_WHOLE_BYTES) throw tooLarge(shown, MAX_WHOLE_BYTES);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
