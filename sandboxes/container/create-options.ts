/** What a spec becomes in the Engine's words. */
import type { ContainerCreateOptions } from "dockerode";
import type { SandboxSpec } from "../../src/index.ts";
import type { PreparedImage } from "./image.ts";
import { verifierMounts } from "./verifier-volume.ts";
import { firstProcess } from "./report.ts";

const MIB = 1024 * 1024;

export function createOptions(
  name: string,
  spec: SandboxSpec,
  image: PreparedImage,
  labels: Record<string, string>,
  user: string,
  home: string | undefined,
): ContainerCreateOptions {
  return {
    name,
    Image: image.id,
    Hostname: "sandbox",
    User: user,
    Entrypoint: firstProcess(spec.workdir, home ?? "/"),
    Cmd: [],
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: labels,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    // An image's own health check would run its commands inside every sandbox.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: spec.network,
      Mounts: verifierMounts(name, labels, "readable"),
      NanoCpus: Math.round(spec.cpus * 1e9),
      Memory: spec.memoryMiB * MIB,
      MemorySwap: spec.memoryMiB * MIB,
      PidsLimit: spec.pids,
      CapDrop: spec.capabilities === "none" ? ["ALL"] : [],
      SecurityOpt: ["no-new-privileges"],
      // Nothing is read from the log; a command's output never goes there.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}
