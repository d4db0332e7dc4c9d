/** Records of Parquet files, as plain JSON values. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { AssayError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { DataRecord, ReadOptions } from "./files.ts";
import { shownNumber } from "./lines.ts";

const ROWS_AT_ONCE = 10_000;

/** Rows in file order. Whole numbers beyond 2^53 become text, dates ISO text, bytes UTF-8 text. */
export async function* parquetRecords(path: string, { shown, limit, signal }: ReadOptions): AsyncGenerator<DataRecord> {
  const { file, metadata } = await open(path, shown);
  const total = Math.min(Number(metadata.num_rows), limit);
  for (let rowStart = 0; rowStart < total; rowStart += ROWS_AT_ONCE) {
    signal?.throwIfAborted();
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd: Math.min(total, rowStart + ROWS_AT_ONCE),
    }).catch((error: unknown) => {
      throw unreadable(shown, error);
    });
    for (const [index, row] of rows.entries()) yield { value: plain(row), place: `row ${shownNumber(rowStart + index + 1)}` };
  }
}

async function open(path: string, shown: string) {
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (error) {
    throw unreadable(shown, error);
  }
}

function unreadable(shown: string, error: unknown): AssayError {
  return new AssayError(
    "data/invalid",
    `${shown} is no readable Parquet file: ${error instanceof Error ? error.message : String(error)}.`,
    { cause: error },
  );
}

function plain(value: unknown): Json {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return BigInt.asIntN(54, value) === value ? Number(value) : value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, plain);
  if (value === null || typeof value !== "object") return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__proto__")
      .map(([key, item]) => [key, plain(item)]),
  );
}
