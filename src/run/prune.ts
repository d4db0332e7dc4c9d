/** Removes what dead owners left behind, in every backend that can be reached. */
import { toAssayError } from "../core/errors.ts";
import type { PruneResult } from "../core/sandbox.ts";
import { loadPart, namesOf } from "./registry.ts";

export interface PrunedBackend extends PruneResult {
  backend: string;
  /** Why it could not be looked at: it is not in use here. */
  skipped?: string;
  /** What went wrong on the way; what had been removed by then is not listed. */
  failed?: string;
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
    try {
      await using backend = await definition.open();
      results.push({ backend: name, ...(await backend.prune()) });
    } catch (error) {
      // The other backends are tidied up all the same.
      results.push({ backend: name, failed: toAssayError(error).message, removed: [], kept: [] });
    }
  }
  return results;
}
