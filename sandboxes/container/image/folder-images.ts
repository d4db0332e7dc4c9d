/**
 * Images that have the folders which a sandbox's user writes to. Where an image lacks them, they are put into each of its containers,
 * which costs as much as a few commands do; where many containers are made of one image, it is worth one more layer.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { Engine } from "../engine/engine.ts";
import { inspectImage } from "./found-image.ts";
import { followProgress, progressEvents } from "./progress.ts";

/** Folders of one owner: made where they are missing, given to the owner where they are there. */
export interface UserFolders {
  folders: readonly string[];
  uid: number;
  gid: number;
}

export interface FolderImages extends AsyncDisposable {
  /** The image that has what was missing in containers of `base` that were asked for by `key`; else `base`. Both are ids. */
  imageFor(base: string, key: string): string;
  /** Says that one of these containers had to be given folders. After some, an image with them is made, beside what else goes on. */
  noteMissing(base: string, key: string, missing: UserFolders): void;
}

/** So many containers of an image have to be given folders before it is worth an image of its own. */
const WORTH_AN_IMAGE = 4;
/** On an image, and not on what is to be pruned with its owner: it serves other runs too. */
const LABEL = "assay.image";

export function folderImages(engine: Engine): FolderImages {
  const counts = new Map<string, number>();
  const made = new Map<string, string>();
  const stop = new AbortController();
  const work = new Set<Promise<void>>();
  const keyOf = (base: string, key: string): string => JSON.stringify([base, key]);
  return {
    imageFor: (base, key) => made.get(keyOf(base, key)) ?? base,
    noteMissing(base, key, missing) {
      const id = keyOf(base, key);
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      if (count !== WORTH_AN_IMAGE || stop.signal.aborted) return;
      // Where it fails, folders are put into each container as before.
      const making = findOrBuild(engine, base, missing, stop.signal)
        .then((image) => void (image !== undefined && made.set(id, image)))
        .catch(() => {})
        .finally(() => work.delete(making));
      work.add(making);
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("not needed any more"));
      await Promise.all(work);
    },
  };
}

/** A tar archive of the folders alone, to be unpacked at the root. */
export function packFolders({ folders, uid, gid }: UserFolders): Promise<Buffer> {
  const archive = pack();
  for (const folder of folders) archive.entry({ name: `${folder.slice(1)}/`, type: "directory", mode: 0o755, uid, gid });
  archive.finalize();
  return buffer(archive);
}

async function findOrBuild(engine: Engine, base: string, missing: UserFolders, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256")
    .update(JSON.stringify([base, missing.folders, missing.uid, missing.gid]))
    .digest("hex");
  const name = `assay/folders:${hash.slice(0, 16)}`;
  const found = (await inspectImage(engine, name)) ?? (await build(engine, name, { base, missing, signal }));
  return found?.id;
}

async function build(
  engine: Engine,
  name: string,
  { base, missing, signal }: { base: string; missing: UserFolders; signal: AbortSignal },
): Promise<{ id: string } | undefined> {
  const context = pack();
  // ADD unpacks an archive and keeps its owners.
  context.entry({ name: "Dockerfile" }, `FROM ${base}\nADD folders.tar /\nLABEL ${LABEL}=folders\n`);
  context.entry({ name: "folders.tar" }, await packFolders(missing));
  context.finalize();
  const answer = await engine.docker.buildImage(Readable.from(context), { t: name, forcerm: true, abortSignal: signal });
  await followProgress(progressEvents(answer), name, { progress: { step: undefined, lastLines: [] }, onProgress: () => {} });
  return inspectImage(engine, name);
}
