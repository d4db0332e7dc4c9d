/** Reads records out of data files: JSON Lines, JSON, CSV, Parquet, each also compressed by gzip or zstd. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { AssayError } from "../core/errors.ts";
import { MAX_WHOLE_BYTES, readBytes, refuseMissing, tooLarge, wholeOf, type BytesOptions, type Compression } from "./bytes.ts";
import { csvRecords } from "./csv.ts";
import { jsonLineRecords, jsonRecords } from "./json.ts";
import { decodeText, linesOf } from "./lines.ts";

/** One record as it stands in a file. `place` is for people: "line 1,234". */
export interface DataRecord {
  value: unknown;
  place: string;
}

export interface ReadOptions extends BytesOptions {
  limit: number;
}

const FORMATS = ".jsonl, .ndjson, .json, .csv, .parquet; all but the last also with .gz or .zst";

/** The records of a file, in order. Throws `data/not-found` and `data/invalid`. */
export async function* readRecords(path: string, options: ReadOptions): AsyncGenerator<DataRecord> {
  await refuseMissing(path, "Check the path given with -o data=PATH.");
  const compression = compressionOf(path);
  const format = extname(compression ? path.slice(0, -compression.length - 1) : path).toLowerCase();
  if (format === ".parquet" && !compression) {
    await refuseLarge(path, options.shown);
    const { parquetRecords } = await import("./parquet.ts");
    return yield* parquetRecords(path, options);
  }
  const chunks = readBytes(path, compression, options);
  if (format === ".jsonl" || format === ".ndjson") return yield* jsonLineRecords(linesOf(chunks, options.shown), options.shown);
  if (format === ".csv") return yield* csvRecords(linesOf(chunks, options.shown), options.shown);
  if (format === ".json") return yield* jsonRecords(decodeText(await wholeOf(chunks, options.shown), options.shown), options.shown);
  throw new AssayError("data/invalid", `${options.shown}: a file of this kind is not understood.`, { hint: `Known: ${FORMATS}.` });
}

function compressionOf(path: string): Compression | undefined {
  const ending = path.toLowerCase();
  return ending.endsWith(".gz") ? "gz" : ending.endsWith(".zst") ? "zst" : undefined;
}

/** SHA-256 of a file's bytes as they are on disk. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function refuseLarge(path: string, shown: string): Promise<void> {
  const { size } = await stat(path);
  if (size > MAX_WHOLE_BYTES) throw tooLarge(shown, MAX_WHOLE_BYTES);
}
