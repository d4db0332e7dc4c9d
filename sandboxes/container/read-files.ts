/** Contents of many files by one command: a tar that the container makes, of regular files only, ended at a bound. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { posix } from "node:path";
import { extract, type Header } from "tar-stream";
import type { ReadFilesOptions } from "../../src/index.ts";
import { runBounded } from "./bounded-run.ts";
import type { RunCommand } from "./exec.ts";

/** A header, padding and, for a long name, an entry of its own. */
const BYTES_AROUND_FILE = 2_048;
/** An archive is padded to this size. */
const LAST_BLOCK_BYTES = 10_240;
/** The kernel takes 2 MiB of arguments at most. */
const MAX_ARGUMENT_BYTES = 512 * 1024;

/** tar opens no pipe and follows no link, and a file that shrinks or grows meanwhile keeps the size of its header. */
const PACK = ["tar", "-cf", "-", "-C", "/", "--no-recursion", "--"];

export async function readFiles(run: RunCommand, paths: readonly string[], options: ReadFilesOptions): Promise<Map<string, Uint8Array>> {
  const asked = fitting(paths);
  if (asked.length === 0) return new Map();
  const maxBytes = options.maxBytes + asked.length * BYTES_AROUND_FILE + LAST_BLOCK_BYTES;
  const { stdout } = await runBounded(run, [...PACK, ...asked.map((path) => `.${path}`)], { ...options, maxBytes });
  const found = await unpack(stdout);
  return new Map(
    asked.flatMap((path) => {
      const content = found.get(path);
      return content ? [[path, content]] : [];
    }),
  );
}

function fitting(paths: readonly string[]): string[] {
  let bytes = 0;
  return paths.filter((path) => (bytes += Buffer.byteLength(path) + 1) <= MAX_ARGUMENT_BYTES);
}

/** What came whole; an archive that was cut ends with an error that means just that. */
async function unpack(tar: Uint8Array): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const links: Header[] = [];
  try {
    for await (const entry of Readable.from([Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)]).pipe(extract())) {
      const { header } = entry;
      const content = await buffer(entry);
      if (header.type === "link") links.push(header);
      // a cut entry ends early without an error of its own.
      else if (header.type === "file" && content.length === header.size) found.set(absolute(header.name), content);
    }
  } catch {
    // cut: the rest is missing, as the caller sees.
  }
  // Another name of a file that is in the archive already.
  for (const { name, linkname } of links) {
    const content = found.get(absolute(linkname ?? ""));
    if (content) found.set(absolute(name), content);
  }
  return found;
}

const absolute = (name: string): string => posix.resolve("/", name);
