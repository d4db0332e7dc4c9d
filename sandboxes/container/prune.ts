/** Removes the containers and volumes of dead owners, and nothing else. */
import { AssayError, type PruneResult } from "../../src/index.ts";
import { removeContainer } from "./remove-container.ts";
import { oneLine, type Engine } from "./engine.ts";
import { OWNED_LABEL, reasonToKeep } from "./owner.ts";
import { pause } from "./stop.ts";
import { pruneVerifierVolumes } from "./verifier-volume.ts";

/** A container that its owner asked for just before it died appears a moment later: the engine finishes what it began. */
const LOOK_AGAIN_MS = 500;
const MAX_LOOKS = 20;
const REMOVALS_AT_ONCE = 4;

/** Looks until a second look finds nothing that the first has not seen. */
export async function prune(engine: Engine): Promise<PruneResult> {
  const removed: string[] = [];
  let kept: PruneResult["kept"] = [];
  try {
    for (let look = 1; look <= MAX_LOOKS; look += 1) {
      const found = await pruneOnce(engine, removed);
      kept = found.kept;
      removed.push(...found.removed);
      if (look > 1 && found.removed.length === 0) break;
      await pause(LOOK_AGAIN_MS, []);
    }
  } catch (error) {
    throw new AssayError(
      "sandbox/failed",
      `${engine.title} at ${engine.address} failed while old sandboxes were removed: ${oneLine(error)}`,
      { cause: error },
    );
  }
  return { removed, kept };
}

async function pruneOnce({ docker }: Engine, known: readonly string[]): Promise<PruneResult> {
  const result: PruneResult = { removed: [], kept: [] };
  const dead: { id: string; name: string }[] = [];
  for (const { Id, Names, Labels, State } of await docker.listContainers({ all: true, filters: { label: [OWNED_LABEL] } })) {
    // A sandbox's id is its container's name.
    const name = Names[0]?.replace(/^\//, "") ?? Id;
    const reason = await reasonToKeep(Labels, State === "running");
    if (reason === undefined) dead.push({ id: Id, name });
    else result.kept.push({ id: name, reason });
  }
  for (let from = 0; from < dead.length; from += REMOVALS_AT_ONCE)
    await Promise.all(dead.slice(from, from + REMOVALS_AT_ONCE).map(({ id }) => removeContainer(docker.getContainer(id))));
  result.removed.push(...dead.map(({ name }) => name));
  result.removed.push(...(await pruneVerifierVolumes(docker, [...known, ...result.removed])));
  return result;
}
