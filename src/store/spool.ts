/** Texts that are needed again in any order, kept in a temporary file instead of in memory. */
import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
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

/** Nobody else can open the file: it is gone from its folder before anything is in it. */
export async function openSpool(): Promise<Spool> {
  const path = join(tmpdir(), `assay-spool-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path, { force: true });
  let end = 0;
  return {
    async add(text) {
      const content = Buffer.from(text);
      const at = { offset: end, bytes: content.length };
      try {
        await file.writev([content], end);
      } catch (cause) {
        throw new AssayError("run/disk", `The temporary folder ${tmpdir()} cannot be written.`, {
          hint: "Make room there, or set TMPDIR.",
          cause,
        });
      }
      end += content.length;
      return at;
    },
    async read({ offset, bytes }) {
      const content = Buffer.alloc(bytes);
      await file.read(content, 0, bytes, offset);
      return content.toString("utf8");
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
