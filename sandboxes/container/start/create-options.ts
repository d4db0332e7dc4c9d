/** What a spec becomes in the Engine's words. */
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { SandboxSpec } from "../../../src/index.ts";
import { storageOptions } from "./disk-limit.ts";
import type { PreparedImage } from "../image/image.ts";
import { DROPPED_AMONG_SERVICES } from "../services/trial-networks.ts";
import type { ServiceNetworks } from "../services/services.ts";
import { mountSettings, ownMounts, type DiskLimit } from "./mounts.ts";
import { firstProcess, type Asked } from "./first-process.ts";
import { allowListOf, hostsOf, proxyEnvironment } from "../allow-list/listeners.ts";
import { verifierMounts } from "../grading/verifier-volume.ts";

const MIB = 1024 * 1024;

export interface CreateRequest {
  name: string;
  spec: SandboxSpec;
  image: PreparedImage;
  labels: Record<string, string>;
  user: string;
  /** The user's home folder, where it is ours to make. */
  home: string | undefined;
  disk: DiskLimit | undefined;
  /** Those of its services, where it has some. */
  networks: ServiceNetworks | undefined;
}

export function createOptions({ name, spec, image, labels, user, home, disk, networks }: CreateRequest): ContainerCreateOptions {
  const allow = allowListOf(spec);
  const proxy = allow && proxyEnvironment(networks?.options.HostConfig?.ExtraHosts ?? []);
  return {
    name,
    Image: image.id,
    Hostname: "sandbox",
    User: user,
    // Without a shell of its own the image's command stays the first process.
    ...(image.hasShell && { Entrypoint: firstProcess(spec.workdir, home ?? "/", askedOf(spec, disk)), Cmd: [] }),
    // A daemon that starts again stops what it left running, and would wait 10 s for it.
    StopSignal: "SIGKILL",
    Env: Object.entries({ ...proxy, ...spec.env }).map(([key, value]) => `${key}=${value}`),
    Labels: labels,
    OpenStdin: true,
    // An interpreter that reads its program from here waits for ever when nobody closes it.
    StdinOnce: image.hasShell,
    AttachStdin: image.hasShell,
    AttachStdout: true,
    AttachStderr: true,
    // An image's own health check would run its commands inside every sandbox.
    Healthcheck: { Test: ["NONE"] },
    ...networks?.options,
    HostConfig: {
      ...resources(spec, disk),
      NetworkMode: allow ? "none" : String(spec.network),
      ...networks?.options.HostConfig,
      ...(allow && allowListSettings(allow, networks?.options.HostConfig)),
      Mounts: [...verifierMounts(name, labels, "readable"), ...ownMounts(spec, home, disk).map(mountSettings)],
      ReadonlyRootfs: spec.readOnlyRoot,
      CapDrop: spec.capabilities === "none" ? ["ALL"] : networks ? DROPPED_AMONG_SERVICES : [],
      // The engine's own seccomp profile and masked paths stay, as nothing is said of them.
      SecurityOpt: ["no-new-privileges"],
      IpcMode: "private",
      // Nothing is read from the log; a command's output never goes there.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}

function resources(spec: SandboxSpec, disk: DiskLimit | undefined): NonNullable<ContainerCreateOptions["HostConfig"]> {
  // A crash writes no image of a process that may hold what it was given.
  const ulimits: Record<string, number> = { core: 0, ...spec.ulimits };
  return {
    NanoCpus: Math.round(spec.cpus * 1e9),
    Memory: spec.memoryMiB * MIB,
    MemorySwap: spec.memoryMiB * MIB,
    PidsLimit: spec.pids,
    Ulimits: Object.entries(ulimits).map(([Name, value]) => ({ Name, Soft: value, Hard: value })),
    ...(spec.shmMiB !== undefined && { ShmSize: spec.shmMiB * MIB }),
    ...(spec.gpus !== undefined && {
      DeviceRequests: [{ Driver: "nvidia", Count: spec.gpus === "all" ? -1 : spec.gpus, Capabilities: [["gpu"]] }],
    }),
    ...(disk === "quota" && spec.diskMiB !== undefined && { StorageOpt: storageOptions(spec.diskMiB) }),
  };
}

/** What the first process is to look at, beyond what it always does: each costs a little of every start. */
function askedOf(spec: SandboxSpec, disk: DiskLimit | undefined): Asked[] {
  const hasMounts = spec.shmMiB !== undefined || Object.keys(spec.tmpfs).length > 0 || disk === "tmpfs" || spec.readOnlyRoot;
  return [
    ...(hasMounts ? (["mounts"] as const) : []),
    ...(Object.keys(spec.ulimits).length > 0 ? (["ulimits"] as const) : []),
    ...(disk === "quota" ? (["disk"] as const) : []),
  ];
}

/** Beside those of its services. Whatever its user, the forwarder listens at the ports that the names are asked at. */
function allowListSettings(allow: readonly string[], services: HostConfig = {}): HostConfig {
  return {
    ExtraHosts: [...(services.ExtraHosts ?? []), ...hostsOf(allow)],
    Sysctls: { ...services.Sysctls, "net.ipv4.ip_unprivileged_port_start": "0" },
  };
}
