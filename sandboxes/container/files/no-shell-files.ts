/** Files of a sandbox whose image has no shell: all by the engine's archive API. */
import { posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Container } from "dockerode";
import { extract, pack } from "tar-stream";
import { z } from "zod";
import type { WriteFileOptions } from "../../../src/index.ts";
import { download, isHiddenFromArchives, pathError, putOwned, type ArchiveTarget } from "./archive.ts";
import { engineStatus } from "../engine/engine.ts";
import type { EngineFileTarget } from "./engine-archives.ts";
import { DEFAULT_MODE, type Files } from "./files.ts";
import { gone, isContainerRunning } from "../engine/living.ts";

export function plainFiles(target: EngineFileTarget): Files {
  const absolute = (path: string): string => {
    if (path.includes("\0")) throw pathError(path.replaceAll("\0", "\\0"), "has a NUL in its name, which no file can");
    const resolved = posix.resolve(target.workdir, path);
    if (isHiddenFromArchives(resolved)) throw pathError(resolved, "is no file of the image's, and the image has no shell to reach it");
    return resolved;
  };
  return {
    readFile: async (path) => readFile(target.container, absolute(path)),
    writeFile: async (path, content, options) => writeFile(target, absolute(path), content, options ?? {}),
    upload: async (tar, { into }) => place(target, absolute(into), Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)),
    download: async (path) => download(target.container, absolute(path)),
  };
}

async function readFile(container: Container, path: string): Promise<Uint8Array> {
  const found = await follow(container, path);
  if (!found) throw pathError(path, "does not exist");
  if (found.kind !== "file") throw pathError(path, found.kind === "folder" ? "is a folder" : "is not a regular file");
  for await (const entry of Readable.from([Buffer.from(await download(container, found.path))]).pipe(extract())) {
    return new Uint8Array(await buffer(entry));
  }
  throw pathError(path, "cannot be read");
}

async function writeFile(
  target: ArchiveTarget,
  path: string,
  content: Uint8Array | string,
  { mode = DEFAULT_MODE, rights }: WriteFileOptions,
): Promise<void> {
  if (rights === "user") throw pathError(path, "cannot be written with its user's rights, since the image has no shell");
  const found = await follow(target.container, path);
  if (found && found.kind !== "file") throw pathError(path, found.kind === "folder" ? "is a folder" : "is not a regular file");
  const real = found?.path ?? path;
  const archive = pack();
  archive.entry({ name: posix.basename(real), mode }, Buffer.from(content));
  archive.finalize();
  await place(target, posix.dirname(real), await buffer(archive));
}

async function place(target: ArchiveTarget, folder: string, tar: Buffer): Promise<void> {
  for (let base = folder; ; base = posix.dirname(base)) {
    const found = await follow(target.container, base);
    if (found && found.kind !== "folder") throw pathError(folder, "has something on the way that is not a folder");
    if (found) return putOwned(target, { base: found.path, folder: posix.join(found.path, posix.relative(base, folder)), tar });
  }
}

interface Found {
  /** Without a link at its end. */
  path: string;
  kind: "file" | "folder" | "other";
}

/** As Go's os.FileMode has them; beyond 32 bits of sign, so no bit operations. */
const FOLDER_BIT = 2 ** 31;
const LINK_BIT = 2 ** 27;
/** Devices, pipes, sockets and what else is no regular file. */
const OTHER_BITS = [2 ** 26, 2 ** 25, 2 ** 24, 2 ** 21, 2 ** 19];
const MAX_LINKS = 40;

const statSchema = z.object({ mode: z.number(), linkTarget: z.string().nullish() });
const headersSchema = z.object({ headers: z.object({ "x-docker-container-path-stat": z.string() }) });

/** Looks a path up and follows links; undefined where there is nothing. */
async function follow(container: Container, path: string): Promise<Found | undefined> {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const stat = await statOf(container, at);
    if (!stat) return undefined;
    const has = (bit: number): boolean => Math.floor(stat.mode / bit) % 2 === 1;
    if (!has(LINK_BIT)) return { path: at, kind: has(FOLDER_BIT) ? "folder" : OTHER_BITS.some(has) ? "other" : "file" };
    at = posix.resolve(posix.dirname(at), stat.linkTarget ?? "");
  }
  throw pathError(path, "is a chain of too many links");
}

async function statOf(container: Container, path: string): Promise<z.output<typeof statSchema> | undefined> {
  try {
    const answer: unknown = await container.infoArchive({ path });
    // It has no body, but its connection is kept until that is read.
    if (answer instanceof Readable) answer.resume();
    const { headers } = headersSchema.parse(answer);
    return statSchema.parse(JSON.parse(Buffer.from(headers["x-docker-container-path-stat"], "base64").toString()));
  } catch (error) {
    if (!(await isContainerRunning(container))) throw gone(error);
    // 404, and for what lies below a file 500 without a word.
    if (engineStatus(error) !== undefined) return undefined;
    throw error;
  }
}
