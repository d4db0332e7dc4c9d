/** Whether an engine can give GPUs to a container. */
import { z } from "zod";
import { AssayError, type SandboxSpec } from "../../../src/index.ts";
import type { Engine } from "./engine.ts";

/** NVIDIA's runtime, or, in newer engines, devices that are described to it (CDI). */
const infoSchema = z.object({
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  DiscoveredDevices: z.array(z.object({ ID: z.string() })).nullish(),
});

/** Throws `config/unsupported` where a spec asks for GPUs and the engine knows of none. */
export async function requireGpus({ docker, title, address }: Engine, { gpus }: SandboxSpec): Promise<void> {
  if (gpus === undefined) return;
  const { Runtimes, DiscoveredDevices } = infoSchema.parse(await docker.info());
  const hasRuntime = Object.keys(Runtimes ?? {}).includes("nvidia");
  if (hasRuntime || DiscoveredDevices?.some(({ ID }) => ID.startsWith("nvidia.com/gpu"))) return;
  throw new AssayError("config/unsupported", `The task asks for GPUs (gpus: ${gpus}), and ${title} at ${address} has no NVIDIA runtime.`, {
    hint: "Install the NVIDIA container toolkit there, leave out `gpus`, or name another host with --docker-host.",
  });
}
