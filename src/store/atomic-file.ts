/** Replaces a small file whole: a reader sees the old one or the new one, never half of one. */
import { open, rename, rm } from "node:fs/promises";

export const TEMPORARY_SUFFIX = ".tmp";

export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}${TEMPORARY_SUFFIX}`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
