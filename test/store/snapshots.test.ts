import { randomBytes } from "node:crypto";
import { mkdtempDisposable, open, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { expect, test } from "vitest";
import { keptSnapshotSchema, type Snapshot, type StoredSnapshot } from "../../src/core/sandbox-snapshot.ts";
import { readSnapshot, snapshotPath, storeSnapshot } from "../../src/store/snapshots.ts";

type Archive = Extract<StoredSnapshot, { kind: "archive" }>;

const MIB = 1024 * 1024;

function snapshotOf(tar: AsyncIterable<Uint8Array>): Snapshot {
  return { kind: "archive", image: "sha256:abc", deleted: ["/etc/gone", "/a\nb"], replaced: ["/work"], tar, counted: { files: 2 } };
}

/** As the row of a trial tells it. */
function keptAs(sha256: string): Archive {
  return { kind: "archive", sha256, image: "sha256:abc", files: 2, deleted: 2, bytes: 0, storedBytes: 0 };
}

async function stored(runPath: string, tar: AsyncIterable<Uint8Array>): Promise<Archive> {
  return archiveOf(await storeSnapshot(runPath, snapshotOf(tar)));
}

function archiveOf<T extends { kind: string }>(snapshot: T): Extract<T, { kind: "archive" }> {
  if (!isArchive(snapshot)) throw new Error(`expected an archive, not a ${snapshot.kind}`);
  return snapshot;
}

function isArchive<T extends { kind: string }>(snapshot: T): snapshot is Extract<T, { kind: "archive" }> {
  return snapshot.kind === "archive";
}

test("a stored snapshot is read back as it was, and the same one is stored once", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  const tar = randomBytes(300_000);
  const kept = await stored(folder.path, Readable.from([tar.subarray(0, 7), tar.subarray(7)]));
  expect(await stored(folder.path, Readable.from([tar]))).toEqual(kept);
  expect(await readdir(join(folder.path, "blobs"))).toEqual([`${kept.sha256}.zst`]);
  const { tar: read, ...rest } = archiveOf(await readSnapshot(folder.path, kept));
  const { tar: _tar, ...given } = archiveOf(snapshotOf(Readable.from([])));
  expect(rest).toEqual(given);
  expect((await buffer(read)).equals(tar)).toBe(true);
});

test("a snapshot that stays with its provider is kept by its name alone, without a file or a size", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  const kept = await storeSnapshot(folder.path, { kind: "image", image: "im-123" });
  expect(kept).toEqual({ kind: "image", image: "im-123" });
  expect(await readdir(folder.path)).toEqual([]);
  expect(await readSnapshot(folder.path, kept)).toEqual({ kind: "image", image: "im-123" });
});

test("a snapshot that fails on its way leaves nothing, and its own words are told", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield randomBytes(MIB);
    throw new Error("too large");
  };
  await expect(storeSnapshot(folder.path, snapshotOf(failing()))).rejects.toThrow("too large");
  expect(await readdir(join(folder.path, "blobs"))).toEqual([]);
});

test("a snapshot that was removed, or changed on the disk, is refused", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  await expect(readSnapshot(folder.path, keptAs("0".repeat(64)))).rejects.toMatchObject({
    message: expect.stringContaining("was removed"),
  });
  expect(keptSnapshotSchema.safeParse(keptAs("../../etc")).success).toBe(false);
  const kept = await stored(folder.path, Readable.from([randomBytes(300_000)]));
  const ofAnother = { ...kept, image: "sha256:another" };
  await expect(readSnapshot(folder.path, ofAnother)).rejects.toMatchObject({ code: "sandbox/snapshot" });
  await using file = await open(snapshotPath(folder.path, kept.sha256), "r+");
  await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, 200_000);
  const read = async () => buffer(archiveOf(await readSnapshot(folder.path, kept)).tar);
  await expect(read()).rejects.toMatchObject({ code: "sandbox/snapshot" });
});

test("200 MB go through a process that grows by a small part of that", { timeout: 120_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  const program = new URL("store-snapshot.process.ts", import.meta.url).pathname;
  const { stdout } = await execa(process.execPath, [program, folder.path, String(200 * MIB)]);
  const { grownBytes, bytes } = JSON.parse(stdout) as { grownBytes: number; bytes: number };
  expect(bytes).toBeGreaterThan(200 * MIB);
  expect(grownBytes).toBeLessThan(80 * MIB);
});
