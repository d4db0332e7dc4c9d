import { randomBytes } from "node:crypto";
import { mkdtempDisposable, open, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { expect, test } from "vitest";
import type { Snapshot } from "../../src/core/sandbox-snapshot.ts";
import { readSnapshot, snapshotPath, storeSnapshot } from "../../src/store/snapshots.ts";

const MIB = 1024 * 1024;

function snapshotOf(tar: AsyncIterable<Uint8Array>): Snapshot {
  return { image: "sha256:abc", deleted: ["/etc/gone", "/a\nb"], replaced: ["/work"], tar, counted: { files: 2, bytes: 0 } };
}

/** The hash under which it is kept. */
async function stored(runPath: string, tar: AsyncIterable<Uint8Array>): Promise<string> {
  const kept = await storeSnapshot(runPath, snapshotOf(tar));
  if ("none" in kept) throw new Error(kept.none);
  return kept.sha256;
}

test("a stored snapshot is read back as it was, and the same one is stored once", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-snapshots-"));
  const tar = randomBytes(300_000);
  const sha256 = await stored(folder.path, Readable.from([tar.subarray(0, 7), tar.subarray(7)]));
  expect(await stored(folder.path, Readable.from([tar]))).toBe(sha256);
  expect(await readdir(join(folder.path, "blobs"))).toEqual([`${sha256}.zst`]);
  const { image, deleted, replaced, tar: read } = await readSnapshot(folder.path, sha256);
  expect({ image, deleted, replaced }).toEqual({ image: "sha256:abc", deleted: ["/etc/gone", "/a\nb"], replaced: ["/work"] });
  expect((await buffer(read)).equals(tar)).toBe(true);
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
  await expect(readSnapshot(folder.path, "0".repeat(64))).rejects.toMatchObject({ message: expect.stringContaining("was removed") });
  await expect(readSnapshot(folder.path, "../../etc")).rejects.toMatchObject({ code: "sandbox/snapshot" });
  const sha256 = await stored(folder.path, Readable.from([randomBytes(300_000)]));
  await using file = await open(snapshotPath(folder.path, sha256), "r+");
  await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, 200_000);
  const read = async () => buffer((await readSnapshot(folder.path, sha256)).tar);
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
