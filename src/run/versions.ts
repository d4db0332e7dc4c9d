/** Versions that a run records; another version on resume is a note, not a refusal. */
import { readFile } from "node:fs/promises";
import { z } from "zod";

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** Assay's own version, from its package.json (one folder further up in the compiled package). */
export async function assayVersion(): Promise<string> {
  for (const path of ["../../package.json", "../../../package.json"]) {
    const text = await readFile(new URL(path, import.meta.url), "utf8").catch(() => undefined);
    const parsed = text === undefined ? undefined : packageSchema.safeParse(JSON.parse(text));
    if (parsed?.success && parsed.data.name === "assay") return parsed.data.version;
  }
  return "unknown";
}

export async function versions(): Promise<Record<string, string>> {
  return { assay: await assayVersion(), node: process.versions.node };
}
