/** Removes what dead owners left behind, in every backend that can be reached. */
import type { PruneResult } from "../core/sandbox.ts";
import { loadPart, namesOf } from "./registry.ts";

export interface PrunedBackend extends PruneResult {
  backend: string;
  /** Why it could not be looked at. */
  skipped?: string;
}

export async function pruneAll(): Promise<PrunedBackend[]> {
  const results: PrunedBackend[] = [];
  for (const name of await namesOf("sandbox")) {
    const definition = await loadPart("sandbox", name);
    const availability = await definition.availability();
    if (!availability.isAvailable) {
      results.push({ backend: name, skipped: availability.reason, removed: [], kept: [] });
      continue;
    }
    await using backend = await definition.open();
    results.push({ backend: name, ...(await backend.prune()) });
  }
  return results;
}
