/** Contents of many files by one command: a tar that the container makes, of regular files only, ended at a bound. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { posix } from "node:path";
import { extract, type Header } from "tar-stream";
import type { ReadFilesOptions } from "../../../src/index.ts";
import { runBounded } from "../commands/bounded-run.ts";
import type { RunCommand } from "../commands/commands.ts";
import { SHELL } from "../system-shell.ts";

/** A header, padding and, for a long name, an entry of its own. */
const BYTES_AROUND_FILE = 2_048;
/** An archive is padded to this size. */
const LAST_BLOCK_BYTES = 10_240;
/** The kernel takes 2 MiB of arguments at most. */
const MAX_ARGUMENT_BYTES = 512 * 1024;

/** tar opens no pipe and follows no link, and a file that shrinks or grows meanwhile keeps the size of its header. */
const PACK = ["-cf", "-", "-C", "/", "--no-recursion", "--"];
/** GNU tar takes a backslash in a name for an escape, unless it is told not to, which busybox's does not know. */
const TAR = ["tar"];
const TAR_OF_BACKSLASHES = [SHELL, "-c", 'tar --no-unquote --version >/dev/null 2>&1 && set -- --no-unquote "$@"; exec tar "$@"', "sh"];

export async function readFiles(
  run: RunCommand,
  paths: readonly string[],
  { within = [], ...options }: ReadFilesOptions,
): Promise<Map<string, Uint8Array>> {
  const asked = fitting(paths.map((path) => ({ path, folders: foldersBetween(path, within) })));
  if (asked.length === 0) return new Map();
  // tar tells a folder before what is in it: one that was swapped for a link is seen there.
  const packed = [...new Set(asked.flatMap(({ path, folders }) => [...folders, path]))];
  const maxBytes = options.maxBytes + packed.length * BYTES_AROUND_FILE + LAST_BLOCK_BYTES;
  const tar = packed.some((path) => path.includes("\\")) ? TAR_OF_BACKSLASHES : TAR;
  const argv = [...tar, ...PACK, ...packed.map((path) => `.${path}`)];
  const { stdout } = await runBounded(run, argv, { ...options, maxBytes });
  const { contents, folders: real } = await unpack(stdout);
  return new Map(
    asked.flatMap(({ path, folders }) => {
      const content = folders.every((folder) => real.has(folder)) ? contents.get(path) : undefined;
      return content ? [[path, content]] : [];
    }),
  );
}

/** The folders below the nearest of `within` in which a path lies, outermost first. */
function foldersBetween(path: string, within: readonly string[]): string[] {
  const isAbove = (folder: string) => path.startsWith(folder === "/" ? folder : `${folder}/`);
  const nearest = within.filter(isAbove).toSorted((a, b) => b.length - a.length)[0];
  const folders: string[] = [];
  if (nearest === undefined) return folders;
  for (let folder = posix.dirname(path); folder !== nearest && folder !== "/"; folder = posix.dirname(folder)) folders.unshift(folder);
  return folders;
}

interface Asked {
  path: string;
  folders: readonly string[];
}

function fitting(asked: readonly Asked[]): Asked[] {
  const counted = new Set<string>();
  let bytes = 0;
  return asked.filter(({ path, folders }) => {
    for (const argument of [...folders, path]) {
      if (!counted.has(argument)) bytes += Buffer.byteLength(argument) + 2;
      counted.add(argument);
    }
    return bytes <= MAX_ARGUMENT_BYTES;
  });
}

interface Unpacked {
  contents: Map<string, Uint8Array>;
  /** Those that are no links. */
  folders: Set<string>;
}

/** What came whole; an archive that was cut ends with an error that means just that. */
async function unpack(tar: Uint8Array): Promise<Unpacked> {
  const found = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  const links: Header[] = [];
  try {
    for await (const entry of Readable.from([Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)]).pipe(extract())) {
      const { header } = entry;
      const content = await buffer(entry);
      if (header.type === "link") links.push(header);
      else if (header.type === "directory") folders.add(absolute(header.name));
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
  return { contents: found, folders };
}

const absolute = (name: string): string => posix.resolve("/", name);
