/** Bytes of a data file, decompressed and bounded: what a file claims to be must not fill the memory or run for ever. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { AssayError } from "../core/errors.ts";
import { decompressZstd } from "./zstd.ts";

export type Compression = "gz" | "zst";

export interface BytesOptions {
  /** The file's name in messages. */
  shown: string;
  signal?: AbortSignal | undefined;
}

/** Largest file, before and after decompression, that is held as a whole. */
export const MAX_WHOLE_BYTES = 1024 ** 3;
/** Decompressed bytes after which a file is taken for a bomb. */
const MAX_STREAM_BYTES = 16 * 1024 ** 3;

/** A file's bytes in pieces. Throws `data/invalid` where they cannot be read, or are more than 16 GiB. */
export async function* readBytes(
  path: string,
  compression: Compression | undefined,
  { shown, signal }: BytesOptions,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, signal ? { signal } : {});
  let bytes = 0;
  try {
    for await (const chunk of decompressed(file, compression)) {
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

function decompressed(file: Readable, compression: Compression | undefined): AsyncIterable<Buffer> {
  if (compression === "zst") return decompressZstd(file as AsyncIterable<Buffer>);
  if (compression === undefined) return file;
  const stream = file.pipe(createGunzip());
  file.on("error", (error) => stream.destroy(error));
  return stream;
}

/** All of them as one. Throws `data/invalid` beyond `maxBytes`. */
export async function wholeOf(chunks: AsyncIterable<Buffer>, shown: string, maxBytes = MAX_WHOLE_BYTES): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(shown, maxBytes);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

export function tooLarge(shown: string, bytes: number, hint = "Split it, or convert it to .jsonl."): AssayError {
  const size = bytes >= 1024 ** 3 ? `${bytes / 1024 ** 3} GiB` : `${bytes / 1024 ** 2} MiB`;
  return new AssayError("data/invalid", `${shown} is larger than ${size}.`, { hint });
}

/** Throws `data/not-found` with `hint` where there is no such file. */
export async function refuseMissing(path: string, hint: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new AssayError("data/not-found", `There is no file ${path}.`, { hint });
  if (!found.isFile()) throw new AssayError("data/not-found", `${path} is not a file.`, { hint });
}

/** What a file is by its first bytes, whatever its name. */
export async function kindOfBytes(path: string): Promise<Compression | "zip" | undefined> {
  await using file = await open(path);
  const first = Buffer.alloc(4);
  await file.read(first, 0, first.length, 0);
  if (first.subarray(0, 2).toString("latin1") === "PK") return "zip";
  if (first.readUInt16BE(0) === 0x1f8b) return "gz";
  return first.readUInt32LE(0) === 0xfd2fb528 ? "zst" : undefined;
}
