/** The forwarder's container: in the sandbox's network namespace, without rights, a file system to write to or anything mounted. */
import type { ContainerCreateOptions } from "dockerode";
import { BESIDE_LABEL } from "../engine/owner.ts";

/** Debian's smallest image has Perl; nothing is to be built, and most sandboxes are made from it anyway. */
export const FORWARDER_IMAGE = "debian:bookworm-slim";

const NOBODY = "65534:65534";
const MIB = 1024 * 1024;

export interface ForwarderRequest {
  /** The name of the sandbox's container. */
  sandbox: string;
  imageId: string;
  labels: Record<string, string>;
  /** A program of Perl and its arguments. */
  command: readonly string[];
}

export function forwarderOptions({ sandbox, imageId, labels, command }: ForwarderRequest): ContainerCreateOptions & { name: string } {
  return {
    name: `${sandbox}-network`,
    Image: imageId,
    Labels: { ...labels, [BESIDE_LABEL]: sandbox },
    User: NOBODY,
    Entrypoint: ["perl", "-e", ...command],
    Cmd: [],
    StopSignal: "SIGKILL",
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: `container:${sandbox}`,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      // Its windows and what Perl itself takes stay far below.
      Memory: 128 * MIB,
      MemorySwap: 128 * MIB,
      NanoCpus: 1e9,
      PidsLimit: 16,
      IpcMode: "private",
      LogConfig: { Type: "none", Config: {} },
    },
  };
}
