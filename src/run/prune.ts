/** Removes what dead owners left behind, in every backend that can be reached. */
import { toAssayError } from "../core/errors.ts";
import type { PruneResult, SandboxDefinition } from "../core/sandbox.ts";
import { loadPart, namesOf } from "./registry.ts";

export interface PrunedBackend extends PruneResult {
  backend: string;
  /** Where it was named. */
  host?: string;
  /** Why it could not be looked at: it is not in use here. */
  skipped?: string;
  /** What went wrong on the way; what had been removed by then is not listed. */
  failed?: string;
}

/** Where hosts are named: on each of them, and nowhere else. */
export async function pruneAll(hosts: readonly string[] = []): Promise<PrunedBackend[]> {
  const results: PrunedBackend[] = [];
  for (const name of await namesOf("sandbox")) {
    const definition = await loadPart("sandbox", name);
    if (hosts.length === 0) results.push(await prune(definition));
    else if (definition.takesHosts) results.push(...(await Promise.all(hosts.map((host) => prune(definition, host)))));
  }
  return results;
}

async function prune(definition: SandboxDefinition, host?: string): Promise<PrunedBackend> {
  const about = { backend: definition.name, ...(host !== undefined && { host }) };
  const where = host === undefined ? {} : { hosts: [host] };
  const availability = await definition.availability(where);
  if (!availability.isAvailable)
    return { ...about, [host === undefined ? "skipped" : "failed"]: availability.reason, removed: [], kept: [] };
  try {
    await using backend = await definition.open(where);
    return { ...about, ...(await backend.prune()) };
  } catch (error) {
    // The other backends are tidied up all the same.
    return { ...about, failed: toAssayError(error).message, removed: [], kept: [] };
  }
}
