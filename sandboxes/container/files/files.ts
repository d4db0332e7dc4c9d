/** Files of a sandbox: read and written by commands, whole trees as archives. */
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { Sandbox, WriteFileOptions } from "../../../src/index.ts";
import { MAX_FILE_BYTES, pathError } from "./archive.ts";
import type { RunCommand } from "../commands/commands.ts";
import { SHELL } from "../system-shell.ts";

export interface FileTarget {
  run: RunCommand;
  workdir: string;
  /** How far a file's bytes travel: where it is far, its size is looked at before they are sent. Default near. */
  distance?: "near" | "far";
  /** Unpacks an archive into a folder of which `base` exists, also where the sandbox's user may not write; everything belongs to that user. */
  put(archive: { base: string; folder: string; tar: Buffer }): Promise<void>;
  /** Packs what exists, entries relative to its parent, a link as a link. */
  pack(path: string): Promise<Uint8Array>;
}

export type Files = Pick<Sandbox, "readFile" | "writeFile" | "upload" | "download">;

export const DEFAULT_MODE = 0o644;

/** The status of a script that met a file beyond the bound. */
export const TOO_LARGE = 86;
/** Where `$3` is far the size is looked at first, and no more is read: 0 is also the size of what the kernel makes up. */
const READ = `
[ -e "$1" ] || exit 81; [ -d "$1" ] && exit 82; [ -f "$1" ] || exit 83
if [ "$3" = far ]; then
  size=$(wc -c <"$1") || exit
  [ "$size" -lt "$2" ] || exit ${TOO_LARGE}
  [ "$size" = 0 ] || set -- "$1" "$size"
fi
exec head -c "$2" "$1"`;
/**
 * Writes stdin to the file `$1` with the mode `$2`; `$3` is the umask that gives it to a new file. Few programs, since each
 * costs as much as all the rest. Where the user may not write it ends with 85, and only there; `$4` is `user` where nobody
 * else will, so that a mode which only the owner may change stays.
 */
const WRITE = `
[ -d "$1" ] && exit 82
folder=\${1%/*}/
if [ -e "$1" ]; then
  [ -f "$1" ] || exit 83
  [ -w "$1" ] || exit 85
  cat >"$1" || exit
  chmod "$2" "$1" || [ "$4" = user ] || exit 85
  exit 0
fi
if [ ! -d "$folder" ]; then
  deepest=\${1%/*}
  while [ -n "$deepest" ] && [ ! -e "$deepest" ]; do deepest=\${deepest%/*}; done
  [ -d "$deepest/" ] || exit 84
  [ -w "$deepest/" ] || exit 85
  mkdir -p -- "$folder" || exit
fi
[ -w "$folder" ] || exit 85
umask "$3"
cat >"$1" || exit
case $2 in *[1357]*) chmod "$2" "$1" ;; esac
`;
const NO_PERMISSION = 85;
/** Prints the deepest folder on the way that exists. */
const DEEPEST =
  'folder=$1; while [ ! -d "$folder" ]; do [ -e "$folder" ] && exit 84; folder=${folder%/*}; folder=${folder:-/}; done; printf %s "$folder"';

const REASONS: Record<number, string> = {
  81: "does not exist",
  82: "is a folder",
  83: "is not a regular file",
  84: "has something on the way that is not a folder",
  [TOO_LARGE]: `is larger than ${MAX_FILE_BYTES} bytes`,
};

export function sandboxFiles(target: FileTarget): Files {
  const absolute = (path: string): string => {
    if (path.includes("\0")) throw pathError(path.replaceAll("\0", "\\0"), "has a NUL in its name, which no file can");
    return posix.resolve(target.workdir, path);
  };
  return {
    readFile: async (path) => readFile(target, absolute(path)),
    writeFile: async (path, content, options) => writeFile(target, absolute(path), content, options ?? {}),
    upload: async (tar, { into }) => upload(target, tar, absolute(into)),
    download: async (path) => target.pack(absolute(path)),
  };
}

async function readFile(target: FileTarget, path: string): Promise<Uint8Array> {
  const argv = [SHELL, "-c", READ, "sh", path, String(MAX_FILE_BYTES + 1), target.distance ?? "near"];
  const result = await target.run(argv, { cwd: "/", maxOutputBytes: MAX_FILE_BYTES });
  if (result.timedOut) throw pathError(path, "could not be read in time");
  if (result.exitCode !== 0) throw pathError(path, REASONS[result.exitCode] ?? `cannot be read: ${said(result.stderr)}`);
  if (result.truncated) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
  return result.stdout;
}

async function writeFile(target: FileTarget, path: string, content: Uint8Array | string, options: WriteFileOptions): Promise<void> {
  const { mode = DEFAULT_MODE, rights } = options;
  const umask = (0o777 & ~mode).toString(8);
  const result = await target.run([SHELL, "-c", WRITE, "sh", path, mode.toString(8), umask, rights ?? ""], { cwd: "/", stdin: content });
  if (result.exitCode === 0) return;
  if (result.exitCode !== NO_PERMISSION) throw pathError(path, REASONS[result.exitCode] ?? `cannot be written: ${said(result.stderr)}`);
  if (rights === "user") throw pathError(path, "may not be written by the sandbox's user");
  // Where the sandbox's own user may not write, the Engine may.
  const archive = pack();
  archive.entry({ name: posix.basename(path), mode }, Buffer.from(content));
  archive.finalize();
  await place(target, posix.dirname(path), await buffer(archive));
}

async function upload(target: FileTarget, tar: Uint8Array, into: string): Promise<void> {
  await place(target, into, Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength));
}

/** Unpacks an archive into a folder that need not exist; everything, missing parents too, belongs to the sandbox's user. */
async function place(target: FileTarget, folder: string, tar: Buffer): Promise<void> {
  const found = await target.run([SHELL, "-c", DEEPEST, "sh", folder], { cwd: "/" });
  if (found.exitCode !== 0) throw pathError(folder, REASONS[found.exitCode] ?? `cannot be reached: ${said(found.stderr)}`);
  await target.put({ base: Buffer.from(found.stdout).toString(), folder, tar });
}

/** Packs by the sandbox's own tar. */
export async function packByTar(run: RunCommand, path: string): Promise<Uint8Array> {
  const argv = ["tar", "-cf", "-", "-C", posix.dirname(path), "--", posix.basename(path)];
  const packed = await run(argv, { cwd: "/", maxOutputBytes: MAX_FILE_BYTES });
  if (packed.exitCode !== 0) throw pathError(path, `cannot be read: ${said(packed.stderr)}`);
  if (packed.truncated) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
  return packed.stdout;
}

export function said(stderr: Uint8Array): string {
  return Buffer.from(stderr).toString().replaceAll(/\s+/g, " ").trim().slice(0, 200);
}
