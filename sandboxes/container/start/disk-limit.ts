/** Learns by one try how an engine can limit a container's disk space. */
import type { SandboxSpec } from "../../../src/index.ts";
import { engineStatus, type Engine } from "../engine/engine.ts";
import { withHelperContainer } from "../engine/helper-container.ts";
import type { DiskLimit } from "./mounts.ts";
import { ownerLabels } from "../engine/owner.ts";

const quotas = new WeakMap<Engine, Promise<boolean>>();

/** How the disk space of a spec will be limited; undefined where it asks for no limit. */
export async function diskLimitFor(engine: Engine, spec: SandboxSpec, imageId: string): Promise<DiskLimit | undefined> {
  if (spec.diskMiB === undefined) return undefined;
  // A root that cannot be written needs no quota, and volumes are under none.
  if (spec.readOnlyRoot) return "tmpfs";
  const known = quotas.get(engine) ?? hasQuota(engine, imageId);
  quotas.set(engine, known);
  known.catch(() => quotas.delete(engine));
  return (await known) ? "quota" : "tmpfs";
}

export function storageOptions(sizeMiB: number): Record<string, string> {
  return { size: `${sizeMiB}m` };
}

/**
 * Most storage drivers refuse a size as soon as a container is created. One that takes it is believed where the root then has
 * that size: on btrfs it has not, and a write beyond the quota went through.
 */
async function hasQuota(engine: Engine, imageId: string): Promise<boolean> {
  const labels = await ownerLabels({ runId: "prepare", trialId: "disk", attempt: 1 });
  const options = { Entrypoint: ["df", "-Pk", "/"], Cmd: [], HostConfig: { StorageOpt: storageOptions(TRIED_MIB) } };
  try {
    const said = await withHelperContainer(engine, { purpose: "probe", imageId, labels, options }, async (container) => {
      await container.start();
      await container.wait({ abortSignal: AbortSignal.timeout(DF_TIMEOUT_MS) });
      return (await container.logs({ stdout: true })).toString("latin1");
    });
    const rootKiB = Number(/ (\d+) +\d+ +\d+ +\d+% \/$/m.exec(said)?.[1] ?? Infinity);
    return rootKiB <= TRIED_MIB * 1024;
  } catch (error) {
    if (engineStatus(error) === undefined) throw error;
    return false;
  }
}

const DF_TIMEOUT_MS = 30_000;
const TRIED_MIB = 1024;
