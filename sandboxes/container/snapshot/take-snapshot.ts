/**
 * What a container's files are now, as a change of its image, told by the engine alone: nothing runs in the container, and nothing
 * that an agent left there can be in the way.
 *
 * The root comes as the engine's export, of which only what changed is kept: the one way in which owners and hard links are told by every
 * engine. Folders that are volumes or in memory are not in there, and come whole by the archive API.
 */
import { posix } from "node:path";
import type { Container, ContainerInspectOptions } from "dockerode";
import { z } from "zod";
import { AssayError, type SnapshotArchive, type SnapshotOptions } from "../../../src/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { PreparedImage } from "../image/image.ts";
import type { OwnMount } from "../start/mounts.ts";
import { readChanges, type Changes } from "./changes.ts";
import { refuseWaysByLinks } from "./refuse-ways-by-links.ts";
import { snapshotError, tooLarge } from "./snapshot-error.ts";
import { paddingOf, TAR_END, tarEntries, tarHeader, type TarEntry } from "./tar-entries.ts";

export interface SnapshotTarget {
  engine: Engine;
  container: Container;
  image: PreparedImage;
  /** Nothing of it can have changed then. */
  isRootReadOnly: boolean;
  mounts: readonly OwnMount[];
  /** The sandbox's user. */
  owner: { uid: number; gid: number };
}

const MAX_BYTES = 1024 * 1024 * 1024;
/** By their apparent sizes, so that a file of holes counts as what its archive would be: Podman writes that to a disk first. */
const sizesSchema = z.object({ SizeRw: z.number().nullish() });

/** The types of dockerode do not know it. */
const WITH_SIZES: ContainerInspectOptions & { size: boolean } = { size: true };

export async function takeSnapshot(target: SnapshotTarget, { maxBytes = MAX_BYTES, signal }: SnapshotOptions): Promise<SnapshotArchive> {
  const { engine, container, image } = target;
  const mounts = target.mounts.map(({ path }) => path);
  try {
    signal?.throwIfAborted();
    const { SizeRw: size } = sizesSchema.parse(await container.inspect(WITH_SIZES));
    if ((size ?? 0) > maxBytes) throw tooLarge(maxBytes);
    const changes = target.isRootReadOnly ? undefined : await readChanges(container, mounts);
    const counted = { files: 0 };
    return {
      kind: "archive",
      image: image.digest,
      deleted: changes?.deleted ?? [],
      replaced: mounts,
      tar: packed(target, changes, { maxBytes, counted, signal }),
      counted,
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw snapshotError(engine, "taken", error);
  }
}

interface Packing {
  maxBytes: number;
  counted: SnapshotArchive["counted"];
  signal: AbortSignal | undefined;
}

async function* packed(
  target: SnapshotTarget,
  changes: Changes | undefined,
  { maxBytes, counted, signal }: Packing,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  const add = function* (bytes: Uint8Array): Generator<Uint8Array> {
    signal?.throwIfAborted();
    sizeBytes += bytes.length;
    yield bytes;
  };
  try {
    for await (const { header, content, path, target: to, owner } of changedEntries(target, changes)) {
      if (sizeBytes + header.sizeBytes > maxBytes) throw tooLarge(maxBytes);
      if (header.kind !== "folder") counted.files += 1;
      yield* add(tarHeader(header, path, { target: to, owner }));
      for await (const piece of content) yield* add(piece);
      yield* add(Buffer.alloc(paddingOf(header.sizeBytes)));
    }
    yield* add(TAR_END);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AssayError ? error : snapshotError(target.engine, "taken", error);
  }
}

interface PlacedEntry extends TarEntry {
  /** Relative to `/`. */
  path: string;
  target: string;
  owner: SnapshotTarget["owner"] | undefined;
}

async function* changedEntries(
  { engine, container, mounts, owner }: SnapshotTarget,
  changes: Changes | undefined,
): AsyncGenerator<PlacedEntry> {
  if (changes) yield* changedInRoot(container, changes);
  for (const mount of mounts) {
    const parent = posix.dirname(mount.path);
    for await (const entry of refuseWaysByLinks(tarEntries(piecesOf(await container.getArchive({ path: mount.path }))))) {
      const path = below(parent, entry.header.path);
      yield {
        ...entry,
        path,
        target: below(parent, entry.header.target),
        owner: engine.differences.archivesKeepOwners ? undefined : owner,
      };
    }
  }
}

async function* changedInRoot(container: Container, changes: Changes): AsyncGenerator<PlacedEntry> {
  for await (const entry of refuseWaysByLinks(tarEntries(piecesOf(await container.export())))) {
    const path = below("/", entry.header.path);
    if (path !== "." && changes.isChanged(`/${path}`)) yield { ...entry, path, target: below("/", entry.header.target), owner: undefined };
  }
}

/** A name in an archive of the folder, relative to `/`. */
function below(folder: string, name: string): string {
  return posix.relative("/", posix.resolve(folder, `./${name}`)) || ".";
}

async function* piecesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield Buffer.from(piece);
}
