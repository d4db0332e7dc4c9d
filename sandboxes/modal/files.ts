/** Archives into and out of a sandbox of Modal: by its own tar, as root where the sandbox's user may not. */
import { posix } from "node:path";
import { MAX_FILE_BYTES, ownedArchive, pathError } from "../container/files/archive.ts";
import { said, TOO_LARGE, type FileTarget } from "../container/files/files.ts";
import { oneLine } from "../container/engine/engine.ts";
import type { RunCommand } from "../container/commands/commands.ts";
import { ownScript } from "../container/system-shell.ts";
import type { Machine } from "./machine.ts";
import { runPlain } from "./plain-run.ts";

export interface ArchiveOwner {
  uid: number;
  gid: number;
}

const TRANSFER_MS = 10 * 60_000;
/** Whatever the umask is. */
const UNPACK = ["tar", "-xpf", "-", "-C"];

/**
 * Packs `$2` of the folder `$1`, `$3` bytes at most, and tells tar's own status after what it said. What is too large is mostly seen
 * by its size, before it is sent for nothing.
 */
const PACK = `
if [ -f "$1/$2" ] && [ ! -h "$1/$2" ] && [ "$(wc -c <"$1/$2")" -ge "$3" ]; then exit ${TOO_LARGE}; fi
{ tar -cf - -C "$1" -- "$2"; printf '\\n%s' $? >&2; } | head -c "$3"`;

export function modalArchives(machine: Machine, run: RunCommand, owner: ArchiveOwner): Pick<FileTarget, "put" | "pack" | "distance"> {
  return {
    distance: "far",
    async put({ base, folder, tar }) {
      const archive = await ownedArchive(owner, tar, posix.relative(base, folder)).catch((error: unknown) => {
        throw pathError(folder, `cannot be written: ${oneLine(error)}`);
      });
      // By the user first: it can be led to no place by a link where it may not write.
      const byUser = await run([...UNPACK, base], { cwd: "/", stdin: archive, timeoutMs: TRANSFER_MS });
      if (byUser.exitCode === 0) return;
      const byRoot = await runPlain(machine, { argv: ownScript('exec "$@"', [...UNPACK, base]), stdin: archive, timeoutMs: TRANSFER_MS });
      if (byRoot.exitCode !== 0) throw pathError(folder, `cannot be written: ${said(byRoot.stderr)}`);
    },
    async pack(path) {
      const argv = ownScript(PACK, [posix.dirname(path), posix.basename(path), String(MAX_FILE_BYTES + 1)]);
      const packed = await runPlain(machine, { argv, timeoutMs: TRANSFER_MS, maxOutputBytes: 2 * MAX_FILE_BYTES });
      if (packed.exitCode === TOO_LARGE || packed.stdout.length > MAX_FILE_BYTES)
        throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
      const [, reason = "", status] = /^(.*)\n(\d+)$/s.exec(Buffer.from(packed.stderr).toString()) ?? [];
      if (status !== "0" || packed.exitCode !== 0) throw pathError(path, `cannot be read: ${said(Buffer.from(reason))}`);
      return packed.stdout;
    },
  };
}
