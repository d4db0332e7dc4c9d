/** Content over 64 KiB: a file of its own in blobs/, named after its SHA-256, compressed where that pays. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { DEFAULTS } from "../core/defaults.ts";
import { sha256 } from "../core/json.ts";
import type { Content } from "../core/content.ts";
import type { DiskFailure } from "./disk-failure.ts";

const compress = promisify(zstdCompress);
const SAMPLE_BYTES = 64 * 1024;
/** Compression has to save at least this share. */
const MIN_SAVED_SHARE = 0.1;

async function pays(bytes: Uint8Array): Promise<boolean> {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  return (await compress(sample)).length < sample.length * (1 - MIN_SAVED_SHARE);
}

export class BlobWriter {
  readonly #folder: string;
  readonly #failure: DiskFailure;
  readonly #writes = new Map<string, Promise<void>>();
  #last: Promise<void> = Promise.resolve();

  constructor(runPath: string, failure: DiskFailure) {
    this.#folder = join(runPath, "blobs");
    this.#failure = failure;
  }

  /** Keeps `bytes` as an event does: in the event where small, else as a blob; `written` is there for a blob. */
  content(value: string | Uint8Array): { content: Content; written?: Promise<void> } {
    if (typeof value === "string") return this.#text(value);
    const isText = isUtf8(value);
    if (value.byteLength > DEFAULTS.blobThresholdBytes) return this.#blob(value, isText ? "utf8" : "binary");
    const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (isText) return { content: buffer.toString("utf8") };
    return { content: { base64: buffer.toString("base64"), bytes: value.byteLength } };
  }

  #text(value: string): { content: Content; written?: Promise<void> } {
    // a string with half a surrogate pair has no exact UTF-8 form: JSON keeps it.
    const isInline = Buffer.byteLength(value) <= DEFAULTS.blobThresholdBytes || !value.isWellFormed();
    return isInline ? { content: value } : this.#blob(Buffer.from(value), "utf8");
  }

  #blob(bytes: Uint8Array, encoding: "utf8" | "binary"): { content: Content; written: Promise<void> } {
    const blob = sha256(bytes);
    let written = this.#writes.get(blob);
    if (written === undefined) {
      // one at a time: compression uses all the memory and CPU it is given.
      written = this.#last.then(() => this.#write(blob, bytes));
      // a failure is told to whoever awaits `written`, and to the whole run by DiskFailure.
      this.#last = written.catch(() => undefined);
      this.#writes.set(blob, written);
    }
    return { content: { blob, bytes: bytes.byteLength, encoding }, written };
  }

  async #write(blob: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.#folder, `${blob}.${process.pid}.tmp`);
    try {
      const isCompressed = await pays(bytes);
      const stored = isCompressed ? await compress(bytes) : bytes;
      await mkdir(this.#folder, { recursive: true });
      const handle = await open(temporary, "w");
      try {
        await handle.writeFile(stored);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(temporary, join(this.#folder, isCompressed ? `${blob}.zst` : blob));
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw this.#failure.report("blobs/", cause);
    }
  }
}
