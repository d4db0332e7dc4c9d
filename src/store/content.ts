/** Reads content back: text, base64, or a blob of the run folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { AssayError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import type { Content } from "../core/content.ts";

const decompress = promisify(zstdDecompress);
const HASH = /^[0-9a-f]{64}$/;

async function readStored(runPath: string, hash: string, maxBytes: number): Promise<Uint8Array> {
  const path = join(runPath, "blobs", hash);
  try {
    return await readFile(path);
  } catch {
    return decompress(await readFile(`${path}.zst`), { maxOutputLength: Math.max(1, maxBytes) });
  }
}

/** The bytes of `content`. Throws `run/format` where a blob is missing or is not what its name says. */
export async function readContent(runPath: string, content: Content): Promise<Uint8Array> {
  if (typeof content === "string") return Buffer.from(content);
  if ("base64" in content) return Buffer.from(content.base64, "base64");
  // the name comes from a file that anybody may have written: only a hash may become a path.
  if (!HASH.test(content.blob))
    throw new AssayError("run/format", `A trace names the blob ${JSON.stringify(content.blob.slice(0, 80))}, which is no SHA-256.`, {
      hint: "Restore the run folder from a copy.",
    });
  const lost = (what: string, cause?: unknown) =>
    new AssayError("run/format", `blobs/${content.blob} ${what}.`, { hint: "Restore the run folder from a copy.", cause });
  let bytes: Uint8Array;
  try {
    bytes = await readStored(runPath, content.blob, content.bytes);
  } catch (cause) {
    throw lost("cannot be read", cause);
  }
  if (sha256(bytes) !== content.blob) throw lost("is damaged");
  return bytes;
}

/** The same as text; bytes that are not UTF-8 come as replacement characters. */
export async function readContentText(runPath: string, content: Content): Promise<string> {
  if (typeof content === "string") return content;
  return Buffer.from(await readContent(runPath, content)).toString("utf8");
}
