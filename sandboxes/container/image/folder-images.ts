/**
 * Images that have the folders which a sandbox's user writes to. Where an image lacks them, they are put into each of its containers,
 * which costs as much as a few commands do; where many containers are made of one image, it is worth one more layer.
 */
import { createHash } from "node:crypto";
import type { Engine } from "../engine/engine.ts";
import { withHelperContainer } from "../engine/helper-container.ts";
import { OWNED_LABEL, ownerLabels } from "../engine/owner.ts";
import { packFolders, type UserFolders } from "../start/folders.ts";
import { inspectImage } from "./found-image.ts";

export interface FolderImages extends AsyncDisposable {
  /** The id of the image that has what containers started by `key` had to be given; undefined where there is none. */
  imageFor(key: string): string | undefined;
  /** Says that such a container, of the image `base`, had to be given folders. After some, an image with them is made, beside what else goes on. */
  noteMissing(key: string, base: string, missing: UserFolders): void;
  /** Says that the image for `key` is not there any more. */
  noteGone(key: string): void;
}

/** So many containers of an image have to be given folders before it is worth an image of its own. */
const WORTH_AN_IMAGE = 4;
/** On the image, which serves other runs too and has no owner: a container that somebody makes of it is not to be pruned. */
const LABEL = "assay.image";

export function folderImages(engine: Engine): FolderImages {
  const counts = new Map<string, number>();
  const made = new Map<string, string>();
  const stop = new AbortController();
  const work = new Set<Promise<void>>();
  return {
    imageFor: (key) => made.get(key),
    noteMissing(key, base, missing) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count !== WORTH_AN_IMAGE || stop.signal.aborted) return;
      // Where it fails, folders are put into each container as before.
      const making = findOrMake(engine, base, missing, stop.signal)
        .then((image) => void (image !== undefined && made.set(key, image)))
        .catch(() => {})
        .finally(() => work.delete(making));
      work.add(making);
    },
    noteGone: (key) => void made.delete(key),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("not needed any more"));
      await Promise.all(work);
    },
  };
}

async function findOrMake(engine: Engine, base: string, missing: UserFolders, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256")
    .update(JSON.stringify([base, missing.folders, missing.uid, missing.gid]))
    .digest("hex");
  const name = { repo: "assay/folders", tag: hash.slice(0, 16) };
  const title = `${name.repo}:${name.tag}`;
  const found = await inspectImage(engine, title);
  if (found) return found.id;
  signal.throwIfAborted();
  const labels = await ownerLabels({ runId: "prepare", trialId: title, attempt: 1 });
  // Never started, and not built: a build would run what the image does where another is built of it (ONBUILD), outside of any sandbox.
  const helper = { purpose: "folders", imageId: base, labels, options: { Entrypoint: ["sh"] } };
  await withHelperContainer(engine, helper, async (container) => {
    await container.putArchive(await packFolders("/", missing), { path: "/" });
    signal.throwIfAborted();
    await container.commit({ ...name, pause: false, changes: [`LABEL ${LABEL}=folders`, `LABEL ${OWNED_LABEL}=""`] });
  });
  return (await inspectImage(engine, title))?.id;
}

/** Removes those that lost their name to another of the same folders: two runs had made one at the same time. */
export async function pruneFolderImages({ docker }: Engine): Promise<void> {
  await docker.pruneImages({ filters: { dangling: ["true"], label: [`${LABEL}=folders`] } });
}
