/** What a Dockerfile is built from, packed so that the same content gives the same bytes. */
import { existsSync } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack, type Pack } from "tar-stream";
import { AssayError } from "../../src/index.ts";

export interface BuildContext {
  /** For the image's name: `basic` of `basic.Dockerfile`, or the folder's name. */
  name: string;
  /** The Dockerfile's path inside the context. */
  dockerfile: string;
  tar: Buffer;
}

/**
 * Packs the context of a Dockerfile: the folder, or the folder of the file. Other Dockerfiles beside it are left out,
 * so that a change of one does not build another again. Throws `sandbox/image` when there is none.
 */
export async function readBuildContext(path: string): Promise<BuildContext> {
  const found = await lstat(resolve(path)).catch(() => undefined);
  const file = found?.isDirectory() ? join(resolve(path), "Dockerfile") : resolve(path);
  if (!existsSync(file)) {
    throw new AssayError("sandbox/image", `There is no Dockerfile at "${path}".`, { hint: "Name a Dockerfile or a folder that has one." });
  }
  const dockerfile = basename(file);
  const name = (/^(.+)\.Dockerfile$/.exec(dockerfile)?.[1] ?? basename(dirname(file))).toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const archive = pack();
  const packed = buffer(archive);
  await addFolder(archive, dirname(file), "", (entry) => entry === dockerfile || !/^Dockerfile$|\.Dockerfile$/.test(entry));
  archive.finalize();
  return { name: name.replaceAll(/^-+|-+$/g, "") || "image", dockerfile, tar: await packed };
}

async function addFolder(archive: Pack, folder: string, prefix: string, isWanted: (entry: string) => boolean): Promise<void> {
  for (const entry of (await readdir(folder)).filter(isWanted).toSorted()) {
    const path = join(folder, entry);
    const name = `${prefix}${entry}`;
    const status = await lstat(path);
    // No owners and no times: neither is content.
    const header = { name, mode: status.mode & 0o777, mtime: new Date(0) };
    if (status.isDirectory()) {
      archive.entry({ ...header, type: "directory" });
      await addFolder(archive, path, `${name}/`, () => true);
    } else if (status.isSymbolicLink()) {
      archive.entry({ ...header, type: "symlink", linkname: await readlink(path) });
    } else if (status.isFile()) {
      archive.entry(header, await readFile(path));
    }
  }
}

/** The project's own image for a task that names none; sources and compiled files stand at different depths below it. */
export function defaultDockerfile(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, "Dockerfiles", "basic.Dockerfile");
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) throw new AssayError("internal/bug", "Dockerfiles/basic.Dockerfile is missing from the package.");
  }
}
