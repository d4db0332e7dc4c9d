/** Archives into and out of a container: by the engine's archive API, or by the container's own tar where that sees something else. */
import { posix } from "node:path";
import { download, isHiddenFromArchives, ownedArchive, pathError, putOwned, type ArchiveTarget } from "./archive.ts";
import type { RunCommand } from "../commands/commands.ts";
import { packByTar, said, type FileTarget } from "./files.ts";
import { SHELL } from "../system-shell.ts";

export interface EngineFileTarget extends ArchiveTarget {
  run: RunCommand;
  workdir: string;
  /** Whether the engine packs what a symbolic link points to instead of the link. */
  archivesFollowLinks: boolean;
}

export function engineArchives(target: EngineFileTarget): Pick<FileTarget, "put" | "pack"> {
  const { run, container, archivesFollowLinks } = target;
  return {
    async put({ base, folder, tar }) {
      if (!isHiddenFromArchives(base)) return putOwned(target, { base, folder, tar });
      const archive = await ownedArchive(target, tar, posix.relative(base, folder));
      const unpacked = await run(["tar", "-xf", "-", "-C", base], { cwd: "/", stdin: archive });
      if (unpacked.exitCode !== 0) throw pathError(folder, `cannot be written: ${said(unpacked.stderr)}`);
    },
    async pack(path) {
      const isLink = archivesFollowLinks && (await run([SHELL, "-c", '[ -h "$1" ]', "sh", path], { cwd: "/" })).exitCode === 0;
      return isLink || isHiddenFromArchives(path) ? packByTar(run, path) : download(container, path);
    },
  };
}
