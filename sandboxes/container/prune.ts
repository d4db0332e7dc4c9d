/** Removes the containers and volumes of dead owners and images of ours that lost their name, and nothing else. */
import type { Container } from "dockerode";
import { AssayError, type PruneResult } from "../../src/index.ts";
import { removeContainer } from "./engine/remove-container.ts";
import { oneLine, type Engine } from "./engine/engine.ts";
import { BESIDE_LABEL, OWNED_LABEL, reasonToKeep } from "./engine/owner.ts";
import { pruneFolderImages } from "./image/folder-images.ts";
import { pruneNetworks } from "./services/trial-networks.ts";
import { pause, stopAfter } from "./stop.ts";
import { pruneVerifierVolumes } from "./grading/verifier-volume.ts";

/** A container that its owner asked for just before it died appears a moment later: the engine finishes what it began. */
const LOOK_AGAIN_MS = 500;
const MAX_LOOKS = 5;
const REMOVALS_AT_ONCE = 4;

/** An engine may have a container that it cannot remove: the others do not wait for it. */
const REMOVAL_MS = 10_000;

/** Looks until a second look finds nothing that the first has not seen. */
export async function prune(engine: Engine): Promise<PruneResult> {
  const removed: string[] = [];
  const stuck = new Map<string, string>();
  try {
    for (let look = 1; ; look += 1) {
      const found = await pruneOnce(engine, removed, stuck);
      removed.push(...found.removed);
      if ((look > 1 && found.removed.length === 0) || look === MAX_LOOKS) {
        await pruneFolderImages(engine);
        return { removed, kept: [...found.kept, ...[...stuck].map(([id, reason]) => ({ id, reason }))] };
      }
      await pause(LOOK_AGAIN_MS, []);
    }
  } catch (error) {
    throw new AssayError(
      "sandbox/failed",
      `${engine.title} at ${engine.address} failed while old sandboxes were removed: ${oneLine(error)}`,
      { cause: error },
    );
  }
}

/** What cannot be removed goes into `stuck`, with the reason, and is not tried again. */
async function pruneOnce({ docker }: Engine, known: readonly string[], stuck: Map<string, string>): Promise<PruneResult> {
  const kept: PruneResult["kept"] = [];
  const dead: { id: string; name: string }[] = [];
  const beside: typeof dead = [];
  for (const { Id, Names, Labels, State } of await docker.listContainers({ all: true, filters: { label: [OWNED_LABEL] } })) {
    // A sandbox's id is its container's name.
    const name = Names[0]?.replace(/^\//, "") ?? Id;
    if (stuck.has(name)) continue;
    const reason = await reasonToKeep(Labels, State === "running");
    const isBeside = Labels[BESIDE_LABEL] !== undefined;
    if (reason === undefined) (isBeside ? beside : dead).push({ id: Id, name });
    else if (!isBeside) kept.push({ id: name, reason });
  }
  const remove = async ({ id, name }: { id: string; name: string }): Promise<void> => {
    const reason = await failureToRemove(docker.getContainer(id));
    if (reason !== undefined) stuck.set(name, `its owner is dead, but it cannot be removed: ${reason}`);
  };
  for (const containers of [beside, dead])
    for (let from = 0; from < containers.length; from += REMOVALS_AT_ONCE)
      await Promise.all(containers.slice(from, from + REMOVALS_AT_ONCE).map(remove));
  const removed = dead.map(({ name }) => name).filter((name) => !stuck.has(name));
  removed.push(...(await pruneVerifierVolumes(docker, [...known, ...removed])));
  removed.push(...(await pruneNetworks(docker)));
  return { removed, kept };
}

async function failureToRemove(container: Container): Promise<string | undefined> {
  using stop = stopAfter(REMOVAL_MS, []);
  const { promise: late, resolve } = Promise.withResolvers<string>();
  stop.signal.addEventListener("abort", () => resolve(`the engine did not do it within ${REMOVAL_MS / 1000} s`), { once: true });
  const removal = removeContainer(container, stop.signal).then(
    () => undefined,
    (error: unknown) => oneLine(error),
  );
  // Awaited, as the timer ends with this function.
  return await Promise.race([late, removal]);
}
