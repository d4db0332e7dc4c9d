/** Sandboxes in Modal's cloud. Its package is optional and loaded when a run starts; what it cannot do: docs/sandboxes.md. */
import { defineSandbox, type SandboxDefinition } from "../src/index.ts";
import { modalAvailability } from "./modal/availability.ts";
import type { ModalOptions } from "./modal/backend.ts";

/** The backend, with the pace of its creations as `options` say. */
export function modalSandboxes(options: ModalOptions = {}): SandboxDefinition {
  return defineSandbox({
    name: "modal",
    description: "A sandbox in Modal's cloud: any image of a registry or Dockerfile without local files, billed by the second.",
    capabilities: {
      hasPython: true,
      hasProcesses: true,
      hasPackages: true,
      hasNetwork: true,
      hasAllowList: true,
      // Names are told by what TLS says they are, and name servers stay open.
      sealsAllowList: false,
      canUseImages: true,
      canSwitchUser: true,
      canUseGpus: false,
      // CPU and memory are limited; processes, disk space and what can be written are not.
      canLimitResources: false,
      isBinarySafe: true,
      hasServices: false,
      canSnapshot: true,
      protectsVerifier: true,
    },
    availability: modalAvailability,
    async open() {
      const [{ openClient }, { modalBackend }] = await Promise.all([import("./modal/sdk.ts"), import("./modal/backend.ts")]);
      return modalBackend(await openClient(), options);
    },
  });
}

export default modalSandboxes();
