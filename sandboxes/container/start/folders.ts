/** Makes the folders that a sandbox's user writes to, and fills those in memory with what the image has there. */
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Container, ContainerCreateOptions } from "dockerode";
import { pack } from "tar-stream";
import { withHelperContainer } from "../engine/helper-container.ts";
import { engineStatus, type Engine } from "../engine/engine.ts";
import type { OwnMount } from "./mounts.ts";

/** Folders of one owner: made where they are missing, given to the owner where they are there. */
export interface UserFolders {
  /** Absolute. */
  folders: readonly string[];
  uid: number;
  gid: number;
}

export interface FolderRequest {
  engine: Engine;
  container: Container;
  imageId: string;
  labels: Record<string, string>;
  isRootReadOnly: boolean;
  /** Who is given the folders. */
  uid: number;
  gid: number;
}

/** Makes folders, or gives existing ones to the user. Through the archive API, since root without capabilities could not. */
export async function makeFolders(request: FolderRequest, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  if (request.isRootReadOnly && request.engine.differences.archivesReachMounts) return giveMounts(request, folders);
  const packed = await packFolders("/", { folders, uid: request.uid, gid: request.gid });
  if (!request.isRootReadOnly) {
    await request.container.putArchive(packed, { path: "/" });
    return;
  }
  // Nothing can be put into a root that is read-only; another container shows the same volumes below one that is not.
  await withSecondContainer(request, { VolumesFrom: [request.container.id] }, (second) => second.putArchive(packed, { path: "/" }));
}

/** Folders that are mounts of a container whose root is read-only, where the engine looks at them as the container does. */
async function giveMounts({ container, uid, gid }: FolderRequest, folders: readonly string[]): Promise<void> {
  for (const folder of folders) await container.putArchive(await packFolders(folder, { folders: [folder], uid, gid }), { path: folder });
}

/** A tar archive of the folders alone, to be unpacked at `path`. */
export function packFolders(path: string, { folders, uid, gid }: UserFolders): Promise<Buffer> {
  const archive = pack();
  for (const folder of folders) {
    archive.entry({ name: `${posix.relative(path, folder) || "."}/`, type: "directory", mode: 0o755, uid, gid });
  }
  archive.finalize();
  return buffer(archive);
}

/** The engine fills volumes on disk by itself, but not those in memory. */
export async function fillMounts(request: FolderRequest, mounts: readonly OwnMount[]): Promise<void> {
  const empty = mounts.filter(({ keepsContent, sizeMiB }) => keepsContent && sizeMiB !== undefined);
  if (empty.length === 0) return;
  await withSecondContainer(request, {}, async (second) => {
    for (const { path } of empty) {
      const content = await second.getArchive({ path: `${path}/.` }).catch((error: unknown) => {
        if (engineStatus(error) === 404) return undefined;
        throw error;
      });
      if (content) await request.container.putArchive(content, { path });
    }
  });
}

/** A container of the same image that is never started. */
function withSecondContainer<T>(
  { engine, imageId, labels }: FolderRequest,
  HostConfig: ContainerCreateOptions["HostConfig"],
  use: (second: Container) => Promise<T>,
): Promise<T> {
  return withHelperContainer(engine, { purpose: "folders", imageId, labels, options: { Entrypoint: ["sh"], HostConfig } }, use);
}
