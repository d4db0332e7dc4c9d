/** Assay's own version. */
import { readFile } from "node:fs/promises";
import { z } from "zod";

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** From its package.json, which is one folder further up in the compiled package. */
export async function assayVersion(): Promise<string> {
  for (const path of ["../../package.json", "../../../package.json"]) {
    const text = await readFile(new URL(path, import.meta.url), "utf8").catch(() => undefined);
    const parsed = text === undefined ? undefined : packageSchema.safeParse(JSON.parse(text));
    if (parsed?.success && parsed.data.name === "assay") return parsed.data.version;
  }
  return "unknown";
}
