/** Files of a sandbox: read and written by commands, whole trees by the Engine's archive API. */
import { posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Container } from "dockerode";
import { extract, pack } from "tar-stream";
import { AssayError, type Sandbox, type WriteFileOptions } from "../../src/index.ts";
import { engineStatus, oneLine } from "./engine.ts";
import type { RunCommand } from "./exec.ts";
import { gone, isRunning } from "./process.ts";

export interface FileTarget {
  container: Container;
  run: RunCommand;
  workdir: string;
  /** Who owns what is written. */
  uid: number;
  gid: number;
}

type Files = Pick<Sandbox, "readFile" | "writeFile" | "upload" | "download">;

/** Beyond this a file of the sandbox is refused: its size is the model's choice, our memory is not. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const DEFAULT_MODE = 0o644;
const MODE_WITHOUT_SETUID = 0o1777;

const READ = '[ -e "$1" ] || exit 81; [ -d "$1" ] && exit 82; [ -f "$1" ] || exit 83; exec head -c "$2" "$1"';
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
};

export function containerFiles(target: FileTarget): Files {
  const absolute = (path: string): string => {
    if (path.includes("\0")) throw pathError(path.replaceAll("\0", "\\0"), "has a NUL in its name, which no file can");
    return posix.resolve(target.workdir, path);
  };
  return {
    readFile: async (path) => readFile(target, absolute(path)),
    writeFile: async (path, content, options) => writeFile(target, absolute(path), content, options ?? {}),
    upload: async (tar, { into }) => upload(target, tar, absolute(into)),
    download: async (path) => download(target, absolute(path)),
  };
}

async function readFile(target: FileTarget, path: string): Promise<Uint8Array> {
  const result = await target.run(["sh", "-c", READ, "sh", path, String(MAX_FILE_BYTES + 1)], { cwd: "/", maxOutputBytes: MAX_FILE_BYTES });
  if (result.timedOut) throw pathError(path, "could not be read in time");
  if (result.exitCode !== 0) throw pathError(path, REASONS[result.exitCode] ?? `cannot be read: ${said(result.stderr)}`);
  if (result.truncated) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
  return result.stdout;
}

async function writeFile(target: FileTarget, path: string, content: Uint8Array | string, options: WriteFileOptions): Promise<void> {
  const { mode = DEFAULT_MODE, rights } = options;
  const umask = (0o777 & ~mode).toString(8);
  const result = await target.run(["sh", "-c", WRITE, "sh", path, mode.toString(8), umask, rights ?? ""], { cwd: "/", stdin: content });
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
  const found = await target.run(["sh", "-c", DEEPEST, "sh", folder], { cwd: "/" });
  if (found.exitCode !== 0) throw pathError(folder, REASONS[found.exitCode] ?? `cannot be reached: ${said(found.stderr)}`);
  const base = Buffer.from(found.stdout).toString();
  const missing = posix.relative(base, folder);
  try {
    await target.container.putArchive(await ownedArchive(target, tar, missing), { path: base });
  } catch (error) {
    if (!(await isRunning(target.container))) throw gone(error);
    throw pathError(folder, `cannot be written: ${oneLine(error)}`);
  }
}

async function ownedArchive(owner: { uid: number; gid: number }, tar: Buffer, below: string): Promise<Buffer> {
  const archive = pack();
  const packed = buffer(archive);
  // The extended header would say the old name and owner again.
  const own = { uid: owner.uid, gid: owner.gid, uname: "", gname: "", pax: null };
  const parts = below.split("/").filter(Boolean);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    archive.entry({ ...own, name: `${parts.slice(0, depth).join("/")}/`, type: "directory", mode: 0o755 });
  }
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const { header } = entry;
    // The Engine would make them with its own rights: no sandbox packs a device that another could use.
    if (header.type === "block-device" || header.type === "character-device") {
      entry.resume();
      continue;
    }
    const mode = header.mode & MODE_WITHOUT_SETUID;
    // A hard link names another entry, a symbolic one any path.
    const link = header.type === "link" && header.linkname ? { linkname: inside(below, header.linkname) } : {};
    archive.entry({ ...header, ...own, mode, name: inside(below, header.name), ...link }, await buffer(entry));
  }
  archive.finalize();
  return packed;
}

/** An entry's name below a folder: what would lead out of it stays in it. */
function inside(folder: string, name: string): string {
  return posix.join(folder, posix.resolve("/", name).slice(1), name.endsWith("/") ? "/" : "");
}

async function download(target: FileTarget, path: string): Promise<Uint8Array> {
  try {
    const stream = await target.container.getArchive({ path });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      const piece = Buffer.from(chunk);
      bytes += piece.length;
      if (bytes > MAX_FILE_BYTES) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
      chunks.push(piece);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof AssayError) throw error;
    if (!(await isRunning(target.container))) throw gone(error);
    throw pathError(path, engineStatus(error) === 404 ? "does not exist" : `cannot be read: ${oneLine(error)}`);
  }
}

function said(stderr: Uint8Array): string {
  return Buffer.from(stderr).toString().replaceAll(/\s+/g, " ").trim().slice(0, 200);
}

function pathError(path: string, reason: string): AssayError {
  return new AssayError("sandbox/path", `"${path}" in the sandbox ${reason}.`);
}
