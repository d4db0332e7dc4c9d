/** Cuts what a crash left half-written at the end of a run folder's files. Bytes of finished trials never change. */
import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { TEMPORARY_SUFFIX } from "./atomic-file.ts";

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

async function lastNewline(handle: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const found = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (found !== -1) return start + found;
    end = start;
  }
  return -1;
}

/** Cuts a last line without a newline; returns how many bytes that were, 0 where the file is whole or absent. */
export async function cutTornLine(path: string): Promise<number> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r+");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const keep = (await lastNewline(handle, size)) + 1;
    if (keep === size) return 0;
    await handle.truncate(keep);
    return size - keep;
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** Repairs the run folder; each sentence says what was torn and cut. Call with the lock held. */
export async function repairRunFolder(path: string): Promise<string[]> {
  const repaired: string[] = [];
  const rows = await cutTornLine(join(path, "predictions.jsonl"));
  if (rows > 0) repaired.push(`predictions.jsonl: cut a torn last line of ${rows} bytes; the trial it belonged to runs again.`);
  for (const name of await namesIn(join(path, "traces"))) {
    if (!name.endsWith(".jsonl")) continue;
    const bytes = await cutTornLine(join(path, "traces", name));
    if (bytes > 0) repaired.push(`traces/${name}: cut a torn last line of ${bytes} bytes.`);
  }
  for (const folder of [path, join(path, "blobs"), join(path, "traces")]) {
    for (const name of await namesIn(folder)) {
      if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(folder, name), { force: true });
    }
  }
  return repaired;
}
