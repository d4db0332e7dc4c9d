/** What really holds for a container, for the record: read back after its start, null where that could not be. */
import { networkText, type Sandbox, type SandboxSpec } from "../../../src/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { DiskLimit } from "./mounts.ts";
import { notEnforced } from "./not-enforced.ts";
import type { ContainerReport } from "./parse-report.ts";
import type { ServiceNetworks } from "../services/services.ts";
import type { PreparedImage } from "../image/image.ts";

export interface AppliedParts {
  engine: Pick<Engine, "host" | "differences">;
  spec: SandboxSpec;
  image: PreparedImage;
  report: ContainerReport;
  disk: DiskLimit | undefined;
  /** Those of its services, where it has some. */
  networks: ServiceNetworks | undefined;
}

export function appliedLimits({ engine, spec, image, report, disk, networks }: AppliedParts): Sandbox["applied"] {
  const sizeOf = (path: string): number | null => report.mounts[path]?.sizeMiB ?? null;
  const applied: Record<string, string | number | boolean | null> = {
    ...(engine.host !== undefined && { host: engine.host }),
    image: image.image,
    digest: image.digest,
    hasShell: image.hasShell,
    user: `${report.uid}:${report.gid}`,
    network: networkOf(report, spec, networks),
    cpus: report.cpus,
    memoryMiB: report.memoryMiB,
    pids: report.pids,
    hasCapabilities: report.hasCapabilities,
    hasNoNewPrivileges: report.hasNoNewPrivileges,
    hasSeccomp: report.hasSeccomp,
  };
  if (spec.shmMiB !== undefined) applied["shmMiB"] = sizeOf("/dev/shm");
  for (const path of Object.keys(spec.tmpfs)) applied[`tmpfs.${path}`] = sizeOf(path);
  for (const name of Object.keys(spec.ulimits)) applied[`ulimits.${name}`] = report.ulimits[name] ?? null;
  if (spec.readOnlyRoot) applied["readOnlyRoot"] = report.mounts["/"]?.isReadOnly ?? null;
  if (spec.diskMiB !== undefined) Object.assign(applied, appliedDisk(spec.diskMiB, disk, report, sizeOf(spec.workdir)));
  const missing = notEnforced(spec, applied, engine.differences.whyNotEnforced);
  if (missing !== undefined) applied["notEnforced"] = missing;
  return applied;
}

/** In the words of a spec, which has one for a network of any kind. Behind an allow-list, whose forwarder listens, there is none. */
function networkOf({ hasNetwork }: ContainerReport, { network }: SandboxSpec, networks: ServiceNetworks | undefined): string | null {
  if (networks) return typeof network === "string" ? networks.applied : `${networks.applied}, ${networkText(network)}`;
  if (hasNetwork === null) return null;
  if (hasNetwork) return "bridge";
  return network === "bridge" ? "none" : networkText(network);
}

/** A file system's size is in blocks. */
const DISK_TOLERANCE = 1.05;

function appliedDisk(
  diskMiB: number,
  disk: DiskLimit | undefined,
  report: ContainerReport,
  workdirMiB: number | null,
): { diskMiB: number | null; diskLimit: string } {
  if (disk === "tmpfs") return { diskMiB: workdirMiB, diskLimit: "size of the work folder, which is in memory" };
  const shown = report.diskMiB;
  if (shown !== null && shown <= diskMiB * DISK_TOLERANCE) return { diskMiB: shown, diskLimit: "quota of the storage driver" };
  return { diskMiB: null, diskLimit: "quota of the storage driver, which the root's size does not show" };
}
