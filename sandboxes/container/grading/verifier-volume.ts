/**
 * Two volumes of each container, empty while the agent works: one for a verifier's files, which is mounted read-only so that
 * even root inside cannot write, remount, rename or remove it, and one for what the verifier writes.
 *
 * Only a second container, which is never started, writes to the first and reads from the second.
 */
import { posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Container, MountSettings } from "dockerode";
import { extract, pack } from "tar-stream";
import type { FileContent } from "../../../src/index.ts";
import { engineStatus, type Engine } from "../engine/engine.ts";
import { foldersIn, verifierEntries, type VerifierFolders } from "./verifier-entries.ts";
import { OWNED_LABEL, reasonToKeep } from "../engine/owner.ts";

/** Where a verifier's files are. */
const VERIFIER_FOLDER = "/.verifier";
/** Where a verifier writes. */
const VERIFIER_WORK_FOLDER = "/.verifier-work";

const FOLDERS = { files: VERIFIER_FOLDER, work: VERIFIER_WORK_FOLDER } as const;
const ROLES = Object.keys(FOLDERS) as (keyof typeof FOLDERS)[];

/**
 * Owns the volumes' own folders, and is nobody: Podman gives them to the container's user, the agent, who could then put a folder of its
 * own in a verifier's place. The next one after the verifiers' ids.
 */
const VOLUME_UID = 65_000;

const volumeName = (container: string, role: keyof typeof FOLDERS): string => `${container}-verifier-${role}`;

/** The mounts of a container by its name; the engine makes the volumes with it. */
export function verifierMounts(container: string, labels: Record<string, string>, files: "readable" | "writable"): MountSettings[] {
  return ROLES.map((role) => ({
    Type: "volume",
    Source: volumeName(container, role),
    Target: FOLDERS[role],
    ReadOnly: role === "files" && files === "readable",
    VolumeOptions: { NoCopy: true, Labels: labels, DriverConfig: { Name: "local", Options: {} } },
  }));
}

/** Removes a container's volumes once it is gone itself; that they are gone already is fine. */
export async function removeVerifierVolumes(docker: Engine["docker"], container: string): Promise<void> {
  await Promise.all(ROLES.map((role) => removeVolume(docker, volumeName(container, role))));
}

/** Removes the volumes of dead owners; returns the names of those that belong to none of the containers `known` to be removed. */
export async function pruneVerifierVolumes(docker: Engine["docker"], known: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  const { Volumes } = await docker.listVolumes({ filters: { label: [OWNED_LABEL] } });
  for (const { Name, Labels } of Volumes ?? []) {
    if ((await reasonToKeep(Labels ?? {}, true)) !== undefined) continue;
    if ((await removeVolume(docker, Name)) && !known.some((container) => Name.startsWith(`${container}-`))) removed.push(Name);
  }
  return removed;
}

/** False where there is none, or where a container uses it. */
async function removeVolume(docker: Engine["docker"], name: string): Promise<boolean> {
  try {
    await docker.getVolume(name).remove();
    return true;
  } catch (error) {
    const status = engineStatus(error);
    if (status === 404 || status === 409) return false;
    throw error;
  }
}

export interface Placed {
  /** A new name: nothing can wait for it. */
  name: string;
  uid: number;
  gid: number;
  files: Readonly<Record<string, FileContent>>;
}

/** The folders of one verifier, by the name that was drawn for it. */
export function verifierFolders(name: string): VerifierFolders {
  return foldersIn(`${VERIFIER_FOLDER}/${name}`, `${VERIFIER_WORK_FOLDER}/${name}`);
}

/** Puts one verifier's files and folders into the volumes, for its user alone. */
export async function placeFiles(filler: Container, { name, uid, gid, files, command }: Placed & { command?: string }): Promise<void> {
  const archives = new Map(Object.values(FOLDERS).map((volume) => [volume, pack()] as const));
  for (const archive of archives.values()) archive.entry({ type: "directory", name: "./", uid: VOLUME_UID, gid: VOLUME_UID, mode: 0o711 });
  for (const { path, content, ...header } of verifierEntries(verifierFolders(name), files, command)) {
    for (const [volume, archive] of archives) {
      const name = posix.relative(volume, path);
      if (!name.startsWith("..")) archive.entry({ ...header, name, uid, gid }, content);
    }
  }
  // One archive a volume: through a folder above it, Podman reaches no volume of a container that does not run.
  for (const [volume, archive] of archives) {
    archive.finalize();
    await filler.putArchive(await buffer(archive), { path: volume });
  }
}

/** Reads what a verifier left; undefined where that is no regular file of at most `maxBytes`. */
export async function readLeftFile(filler: Container, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of await filler.getArchive({ path })) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      // A tar's own blocks are a few KiB.
      if (bytes > maxBytes + 64 * 1024) return undefined;
    }
    for await (const entry of Readable.from([Buffer.concat(chunks)]).pipe(extract())) {
      const content = await buffer(entry);
      return entry.header.type === "file" && content.length <= maxBytes ? new Uint8Array(content) : undefined;
    }
    return undefined;
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}
