/** Which networks of a compose file lead to nobody but their members: all, unless the task wants the engine's own, and then those that say so. */
import { AssayError, type SandboxSpec } from "../../../src/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { ComposeFile } from "./compose/compose-file.ts";

export function isClosed({ isInternal }: ComposeFile["networks"][number], network: SandboxSpec["network"]): boolean {
  return network !== "bridge" || isInternal;
}

/** Throws `config/unsupported` where the engine can make none and one is needed. */
export function requireClosedNetworks({ title, differences }: Engine, { networks }: ComposeFile, network: SandboxSpec["network"]): void {
  const reason = differences.whyNoClosedNetworks;
  if (reason === undefined || !networks.some((one) => isClosed(one, network))) return;
  throw new AssayError(
    "config/unsupported",
    `Services need a network that the host is not on, which this ${title} cannot make: ${reason}.`,
    {
      hint: 'Use --sandbox docker; or, where the services may reach the host and the internet, network: "bridge" and no internal network.',
    },
  );
}
