/** What a Dockerfile is built from, packed so that the same content gives the same bytes. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import dockerignore from "@balena/dockerignore";
import { pack, type Header, type Pack } from "tar-stream";
import { AssayError, canonicalJson } from "../../../src/index.ts";

/** A build as a compose file asks for one. */
export interface BuildRequest {
  /** A folder. */
  context: string;
  /** Relative to the folder. */
  dockerfile: string;
  args: Record<string, string>;
  /** The stage of the Dockerfile that is built; the last one where undefined. */
  target?: string | undefined;
}

export interface BuildContext extends Partial<Pick<BuildRequest, "args" | "target">> {
  /** For the image's name: `basic` of `basic.Dockerfile`, or the folder's name. */
  name: string;
  /** The Dockerfile's path inside the context. */
  dockerfile: string;
  folder: string;
}

/** The context of a build: a folder, and a Dockerfile that may lie deeper in it. Throws `sandbox/image` when there is none. */
export async function findRequestedContext({ context, dockerfile, args, target }: BuildRequest): Promise<BuildContext> {
  const folder = resolve(context);
  const inside = relative(folder, resolve(folder, dockerfile));
  if (inside.startsWith("..") || !existsSync(join(folder, inside))) {
    throw new AssayError("sandbox/image", `There is no Dockerfile "${dockerfile}" in the folder "${context}".`, {
      hint: "Correct `build` in the compose file: `context` is relative to the file, `dockerfile` to the context.",
    });
  }
  const { name } = await findBuildContext(join(folder, inside));
  return { name, dockerfile: inside, folder, args, target };
}

/**
 * Finds the context of a Dockerfile: the folder, or the folder of the file. Throws `sandbox/image` when there is none.
 */
export async function findBuildContext(path: string): Promise<BuildContext> {
  const found = await lstat(resolve(path)).catch(() => undefined);
  const file = found?.isDirectory() ? join(resolve(path), "Dockerfile") : resolve(path);
  if (!existsSync(file)) {
    throw new AssayError("sandbox/image", `There is no Dockerfile at "${path}".`, { hint: "Name a Dockerfile or a folder that has one." });
  }
  const dockerfile = basename(file);
  const name = (/^(.+)\.Dockerfile$/.exec(dockerfile)?.[1] ?? basename(dirname(file))).toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return { name: name.replaceAll(/^-+|-+$/g, "") || "image", dockerfile, folder: dirname(file) };
}

/** Reads the whole context, holding no file in memory, and returns the SHA-256 of what a build would be sent. */
export async function hashContext(context: BuildContext, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256").update(context.dockerfile).update("\0");
  const { args = {}, target } = context;
  if (Object.keys(args).length > 0 || target !== undefined) hash.update(canonicalJson([args, target ?? null]));
  for await (const piece of packContext(context, signal)) hash.update(piece);
  return hash.digest("hex");
}

/**
 * The context as a tar archive that is made while it is read. Left out is what `.dockerignore` says, and other Dockerfiles
 * beside the one that is built, so that a change of one does not build another again.
 */
export function packContext(context: BuildContext, signal?: AbortSignal): Readable {
  const archive = pack();
  const fill = async (): Promise<void> => {
    await addFolder(archive, context.folder, "", await entryFilter(context), signal);
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(archive);
}

interface EntryFilter {
  isWanted(path: string): boolean;
  /** Whether something in a folder that is left out may be wanted nevertheless (`!keep/this`). */
  hasExceptions: boolean;
}

async function entryFilter({ folder, dockerfile }: BuildContext): Promise<EntryFilter> {
  const isOtherDockerfile = (path: string): boolean => path !== dockerfile && /^(Dockerfile|[^/]*\.Dockerfile)$/.test(path);
  const rules = await readFile(join(folder, ".dockerignore"), "utf8").catch(() => "");
  const ignore = dockerignore.default({ ignorecase: false }).add(rules.replace(/^\uFEFF/, ""));
  // The Engine needs both to build, whatever the rules say, and hides them from COPY by itself.
  const isNeeded = (path: string): boolean => path === dockerfile || path === ".dockerignore";
  return {
    isWanted(path) {
      try {
        return isNeeded(path) || (!isOtherDockerfile(path) && !ignore.ignores(path));
      } catch (cause) {
        throw new AssayError("sandbox/image", `.dockerignore beside ${dockerfile} has a pattern that cannot be used.`, { cause });
      }
    },
    hasExceptions: /^\s*!/m.test(rules),
  };
}

/** No owners and no times: neither is content. The year is one that zip archives can hold, since builds make some. */
const MODIFIED = new Date("1980-01-02T00:00:00Z");

async function addFolder(archive: Pack, folder: string, prefix: string, filter: EntryFilter, signal?: AbortSignal): Promise<void> {
  for (const entry of (await readdir(folder)).toSorted()) {
    signal?.throwIfAborted();
    const path = join(folder, entry);
    const name = `${prefix}${entry}`;
    const isWanted = filter.isWanted(name);
    const status = await lstat(path);
    const header: Partial<Header> & { name: string } = { name, mode: status.mode & 0o7777, mtime: MODIFIED };
    if (status.isDirectory()) {
      if (isWanted) archive.entry({ ...header, name: `${name}/`, type: "directory" });
      if (isWanted || filter.hasExceptions) await addFolder(archive, path, `${name}/`, filter, signal);
    } else if (isWanted && status.isSymbolicLink()) {
      archive.entry({ ...header, type: "symlink", linkname: await readlink(path) });
    } else if (isWanted && status.isFile()) {
      await pipeline(createReadStream(path), archive.entry({ ...header, size: status.size }));
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
