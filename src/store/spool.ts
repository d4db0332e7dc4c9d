/** Texts that are needed again in any order, kept in a temporary file instead of in memory. */
import { randomUUID } from "node:crypto";
import { readSync } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";

/** Where a text is. */
export interface Spooled {
  offset: number;
  bytes: number;
}

export interface Spool extends AsyncDisposable {
  add(text: string): Promise<Spooled>;
  read(at: Spooled): Promise<string>;
}

/** Written at once: a write for every text would take longer than making it. */
const CHUNK_BYTES = 1024 ** 2;

/** Nobody else can open the file: it is gone from its folder before anything is in it. */
export async function openSpool(): Promise<Spool> {
  const path = join(tmpdir(), `assay-spool-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path, { force: true });
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let end = 0;
  let writing: Promise<void> = Promise.resolve();
  const flush = () => {
    const chunk = Buffer.concat(pending);
    [pending, pendingBytes] = [[], 0];
    writing = writing.then(() => append(file, chunk));
    return writing;
  };
  return {
    async add(text) {
      const content = Buffer.from(text);
      const at = { offset: end, bytes: content.length };
      pending.push(content);
      pendingBytes += content.length;
      end += content.length;
      if (pendingBytes >= CHUNK_BYTES) await flush();
      return at;
    },
    async read({ offset, bytes }) {
      if (pendingBytes > 0) void flush();
      await writing;
      const content = Buffer.alloc(bytes);
      // What was written a moment ago is in the system's cache: to ask a thread for it takes ten times longer than the read.
      readSync(file.fd, content, 0, bytes, offset);
      return content.toString("utf8");
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function append(file: FileHandle, chunk: Buffer): Promise<void> {
  try {
    await file.appendFile(chunk);
  } catch (cause) {
    const said = `The temporary folder ${tmpdir()} cannot be written.`;
    throw new AssayError("run/disk", said, { hint: "Make room there, or set TMPDIR.", cause });
  }
}
