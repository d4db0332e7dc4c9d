/**
 * A sandbox's files as a blob of the run folder: blobs/<sha256>.zst, a tar archive whose first entry, snapshot.json, tells the image and
 * what was deleted. It is written and read as a stream: however large it is, little of it is in memory. Of a snapshot that stays with
 * its provider the name is all there is, and no blob.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline as pipelineOf, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { pack } from "tar-stream";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import type { Snapshot, SnapshotArchive, StoredSnapshot } from "../core/sandbox-snapshot.ts";
import { TEMPORARY_SUFFIX } from "./atomic-file.ts";
import { diskError } from "./disk-failure.ts";

const headSchema = z.object({ format: z.literal(1), image: z.string(), deleted: z.array(z.string()), replaced: z.array(z.string()) });
const HEAD_NAME = "snapshot.json";
const BLOCK_BYTES = 512;
/** What ends an archive, which goes on after the head. */
const END_BYTES = 2 * BLOCK_BYTES;
/** What a snapshot tells of deletions is far below; it is in memory as a whole. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024;

export function snapshotPath(runPath: string, sha256: string): string {
  return join(runPath, "blobs", `${sha256}.zst`);
}

/** Rejects with what the snapshot says, or `run/disk`; then nothing is left of it. */
export async function storeSnapshot(runPath: string, snapshot: Snapshot): Promise<StoredSnapshot> {
  return snapshot.kind === "image" ? { kind: "image", image: snapshot.image } : storeArchive(runPath, snapshot);
}

async function storeArchive(runPath: string, snapshot: SnapshotArchive): Promise<StoredSnapshot> {
  const folder = join(runPath, "blobs");
  const temporary = join(folder, `${randomUUID()}${TEMPORARY_SUFFIX}`);
  const hash = createHash("sha256");
  let bytes = 0;
  const whole = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(await headOf(snapshot), snapshot.tar)) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  };
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(Readable.from(whole()), createZstdCompress(), createWriteStream(temporary, { flags: "wx", flush: true }));
    const { size: storedBytes } = await stat(temporary);
    const sha256 = hash.digest("hex");
    await rename(temporary, snapshotPath(runPath, sha256));
    const { image, deleted, counted } = snapshot;
    return { kind: "archive", sha256, image, files: counted.files, deleted: deleted.length, bytes, storedBytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Error && "syscall" in error ? diskError(runPath, "blobs/", error) : error;
  }
}

async function* pieces(head: Uint8Array, tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* tar;
}

async function headOf({ image, deleted, replaced }: SnapshotArchive): Promise<Uint8Array> {
  const archive = pack();
  const head: z.input<typeof headSchema> = { format: 1, image, deleted: [...deleted], replaced: [...replaced] };
  const text = JSON.stringify(head);
  if (Buffer.byteLength(text) > MAX_HEAD_BYTES) {
    throw new AssayError("sandbox/snapshot", "The sandbox deleted more files of its image than a snapshot can tell.");
  }
  archive.entry({ name: HEAD_NAME, mtime: new Date(0) }, text);
  archive.finalize();
  return (await buffer(archive)).subarray(0, -END_BYTES);
}

/** Throws `sandbox/snapshot` where it is not there any more, or damaged; the latter may show at the archive's end only. */
export async function readSnapshot(runPath: string, kept: StoredSnapshot): Promise<Snapshot> {
  return kept.kind === "image" ? { kind: "image", image: kept.image } : readArchive(runPath, kept);
}

async function readArchive(
  runPath: string,
  { sha256, files, image: told }: Extract<StoredSnapshot, { kind: "archive" }>,
): Promise<SnapshotArchive> {
  const path = snapshotPath(runPath, sha256);
  if (!(await stat(path).catch(() => undefined))) {
    throw new AssayError("sandbox/snapshot", `The snapshot blobs/${sha256}.zst was removed.`, {
      hint: "assay sandbox prune --snapshots removes them; run the trial again with --keep-snapshot.",
    });
  }
  const decompressed = createZstdDecompress();
  // A failure to read shows where the content is read.
  pipelineOf(createReadStream(path), decompressed, () => {});
  const stored = verified(decompressed, sha256);
  let read: Buffer = Buffer.alloc(0);
  const atLeast = async (count: number): Promise<void> => {
    const more: Uint8Array[] = [read];
    for (let length = read.length; length < count; length += more.at(-1)?.length ?? 0) {
      const next = await stored.next();
      if (next.done) throw damaged(sha256);
      more.push(next.value);
    }
    read = Buffer.concat(more);
  };
  await atLeast(BLOCK_BYTES);
  const size = Number.parseInt(read.toString("latin1", 124, 136), 8);
  const end = BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  if (!(size > 0 && size <= MAX_HEAD_BYTES)) throw damaged(sha256);
  await atLeast(end);
  const { image, deleted, replaced } = headIn(read.toString("utf8", BLOCK_BYTES, BLOCK_BYTES + size), sha256);
  // The image is started: it must be the one that the row tells.
  if (image !== told) throw damaged(sha256);
  return { kind: "archive", image, deleted, replaced, tar: pieces(read.subarray(end), stored), counted: { files } };
}

function headIn(text: string, sha256: string): z.output<typeof headSchema> {
  try {
    return headSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(sha256, cause);
  }
}

async function* verified(stream: AsyncIterable<Buffer>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  try {
    for await (const piece of stream) {
      hash.update(piece);
      yield piece;
    }
  } catch (cause) {
    throw damaged(sha256, cause);
  }
  if (hash.digest("hex") !== sha256) throw damaged(sha256);
}

function damaged(sha256: string, cause?: unknown): AssayError {
  return new AssayError("sandbox/snapshot", `The snapshot blobs/${sha256}.zst is damaged.`, {
    hint: "Restore the run folder from a copy.",
    cause,
  });
}
