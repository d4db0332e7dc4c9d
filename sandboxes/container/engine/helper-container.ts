/** A container of ours beside the sandboxes': made for one job, without a network and rights of its own, and removed after it. */
import { randomBytes } from "node:crypto";
import type { Container, ContainerCreateOptions } from "dockerode";
import type { Engine } from "./engine.ts";
import { removeContainer } from "./remove-container.ts";

export interface HelperContainer {
  /** A word of its name. */
  purpose: string;
  imageId: string;
  /** Whose it is, so that `prune` finds what a crash leaves. */
  labels: Record<string, string>;
  options: ContainerCreateOptions;
}

/** Creates it, not started. Throws what the engine says where it refuses. */
export async function withHelperContainer<T>(
  { docker, differences }: Engine,
  { purpose, imageId, labels, options }: HelperContainer,
  use: (container: Container) => Promise<T>,
): Promise<T> {
  const name = `assay-${purpose}-${randomBytes(8).toString("hex")}`;
  const container = docker.getContainer(name);
  const HostConfig = { NetworkMode: "none", CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"], ...options.HostConfig };
  try {
    await docker.createContainer(await differences.adapt({ name, Image: imageId, Labels: labels, ...options, HostConfig }));
    return await use(container);
  } finally {
    await removeContainer(container);
  }
}
