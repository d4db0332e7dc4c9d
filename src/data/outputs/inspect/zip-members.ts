/** Members of a zip archive, read whole into memory and bounded: by number, by size, and all of them together. */
import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import yauzl from "yauzl";
import { AssayError } from "../../../core/errors.ts";
import { wholeOf } from "../../bytes.ts";
import { decodeText, shownNumber } from "../../lines.ts";
import { decompressZstd } from "../../zstd.ts";

/** What is read of one archive at most. */
export interface ZipLimits {
  members: number;
  memberBytes: number;
  totalBytes: number;
}

const LIMITS: ZipLimits = { members: 1_000_000, memberBytes: 256 * 1024 ** 2, totalBytes: 16 * 1024 ** 3 };

export interface ZipMembers extends AsyncDisposable {
  /** In the order in which each name was first met. */
  names: readonly string[];
  /** The text of the last entry of that name; undefined where there is none. Throws `data/invalid`. */
  text(name: string): Promise<string | undefined>;
}

/** Opens an archive. Names are only ever compared, never used as paths. Throws `data/invalid` where it is damaged or beyond the limits. */
export async function openZip(path: string, shown: string, limits: ZipLimits = LIMITS): Promise<ZipMembers> {
  // Its own check of names would refuse the ids that may be part of them.
  const zip = await attempt(shown, () => yauzl.openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: false }));
  const entries = new Map<string, yauzl.Entry>();
  let total = 0;
  try {
    await attempt(shown, async () => {
      for await (const entry of zip.eachEntry()) {
        if (entries.size >= limits.members) throw beyond(shown, `more than ${shownNumber(limits.members)} members`);
        entries.set(yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true), entry);
      }
    });
  } catch (error) {
    zip.close();
    throw error;
  }
  return {
    names: [...entries.keys()],
    async text(name) {
      const entry = entries.get(name);
      if (!entry) return undefined;
      const where = `${shown} ${name}`;
      const bytes = await attempt(where, async () => {
        const raw = await zip.openReadStreamPromise(entry, { decodeFileData: false });
        return wholeOf(decompressed(entry, raw, where), where, limits.memberBytes);
      });
      if (crc32(bytes) !== entry.crc32) throw damaged(where, "its checksum is another one");
      total += bytes.length;
      if (total > limits.totalBytes) throw beyond(shown, `more than ${shownNumber(limits.totalBytes)} bytes in its members`);
      return decodeText(bytes, where);
    },
    [Symbol.asyncDispose]: async () => zip.close(),
  };
}

const STORED = 0;
const DEFLATED = 8;
const ZSTD = 93;

function decompressed(entry: yauzl.Entry, raw: Readable, where: string): AsyncIterable<Buffer> {
  if (entry.isEncrypted()) throw new AssayError("data/invalid", `${where} is encrypted.`, { hint: "Name an archive that is not." });
  if (entry.compressionMethod === STORED) return raw as AsyncIterable<Buffer>;
  if (entry.compressionMethod === ZSTD) return decompressZstd(raw as AsyncIterable<Buffer>);
  if (entry.compressionMethod !== DEFLATED)
    throw new AssayError("data/invalid", `${where} is compressed by method ${entry.compressionMethod}, which is not understood.`, {
      hint: "Known are 0 (stored), 8 (deflate) and 93 (zstd): write the log anew with inspect log convert.",
    });
  const stream = raw.pipe(createInflateRaw());
  raw.on("error", (error) => stream.destroy(error));
  return stream;
}

async function attempt<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AssayError) throw error;
    throw damaged(where, error instanceof Error ? error.message.replace(/\.$/, "") : String(error), error);
  }
}

function damaged(where: string, reason: string, cause?: unknown): AssayError {
  return new AssayError("data/invalid", `${where} cannot be read: ${reason}.`, { hint: "Copy the file again; it may be damaged.", cause });
}

function beyond(shown: string, what: string): AssayError {
  return new AssayError("data/invalid", `${shown} has ${what}.`, { hint: "Split the log." });
}
