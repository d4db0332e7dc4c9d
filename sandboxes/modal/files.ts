/** Archives into and out of a sandbox of Modal: by its own tar, as root where the sandbox's user may not. */
import { posix } from "node:path";
import { MAX_FILE_BYTES, ownedArchive, pathError } from "../container/files/archive.ts";
import { said, type FileTarget } from "../container/files/files.ts";
import type { RunCommand } from "../container/commands/commands.ts";
import type { Machine } from "./machine.ts";
import { runPlain } from "./plain-run.ts";

export interface ArchiveOwner {
  uid: number;
  gid: number;
}

const TRANSFER_MS = 10 * 60_000;
/** Whatever the umask is. */
const UNPACK = ["tar", "-xpf", "-", "-C"];

export function modalArchives(machine: Machine, run: RunCommand, owner: ArchiveOwner): Pick<FileTarget, "put" | "pack"> {
  return {
    async put({ base, folder, tar }) {
      const archive = await ownedArchive(owner, tar, posix.relative(base, folder));
      // By the user first: it can be led to no place by a link where it may not write.
      const byUser = await run([...UNPACK, base], { cwd: "/", stdin: archive, timeoutMs: TRANSFER_MS });
      if (byUser.exitCode === 0) return;
      const byRoot = await runPlain(machine, { argv: [...UNPACK, base], stdin: archive, timeoutMs: TRANSFER_MS });
      if (byRoot.exitCode !== 0) throw pathError(folder, `cannot be written: ${said(byRoot.stderr)}`);
    },
    async pack(path) {
      const argv = ["tar", "-cf", "-", "-C", posix.dirname(path), "--", posix.basename(path)];
      const packed = await runPlain(machine, { argv, timeoutMs: TRANSFER_MS, maxOutputBytes: MAX_FILE_BYTES });
      if (packed.exitCode !== 0) throw pathError(path, `cannot be read: ${said(packed.stderr)}`);
      if (packed.truncated) throw pathError(path, `is larger than ${MAX_FILE_BYTES} bytes`);
      return packed.stdout;
    },
  };
}
