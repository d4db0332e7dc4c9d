/** Sandboxes that are containers of Podman, rootful or rootless, through its Docker-compatible API. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AssayError, defineSandbox, type Availability, type SandboxBackend, type SandboxDefinition } from "../src/index.ts";
import { engineAvailability } from "./container/engine/availability.ts";
import { containerBackend, type BackendOptions } from "./container/backend.ts";
import { CONTAINER_CAPABILITIES } from "./container/capabilities.ts";
import { connectEngine, openClient, PING_TIMEOUT_MS, unreachable, type Engine, type EngineAddress } from "./container/engine/engine.ts";
import { installedPodman, startPodmanService } from "./container/engine/podman-service.ts";
import {
  podmanDifferences,
  podmanInfo,
  podmanMode,
  unenforcedLimits,
  whyNotEnforced,
  type PodmanInfo,
} from "./container/engine/podman-differences.ts";

/** `addresses` are tried in their order; where none answers, a service of Assay's own is started for the `podman` program of this user. */
export function podmanSandbox({
  addresses = knownAddresses,
  ...options
}: BackendOptions & { addresses?: () => readonly string[] } = {}): SandboxDefinition {
  return defineSandbox({
    name: "podman",
    description:
      "A container of Podman, rootful or rootless: any image or Dockerfile, real processes, resource limits where the mode has them.",
    // Its Docker-compatible API takes no GPUs.
    capabilities: { ...CONTAINER_CAPABILITIES, canUseGpus: false },
    availability: () => availability(addresses()),
    open: () => openBackend(addresses(), options),
  });
}

export default podmanSandbox();

const START_HINT =
  "Start it (systemctl --user start podman.socket, or `podman system service`), install it, or run with --sandbox embedded.";

/** CONTAINER_HOST alone where it is set; else this user's own socket before the machine's. */
function knownAddresses(): string[] {
  const named = process.env["CONTAINER_HOST"];
  if (named) return [named];
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return [...(runtime ? [join(runtime, "podman/podman.sock")] : []), "/run/podman/podman.sock"]
    .filter((path) => existsSync(path))
    .map((path) => `unix://${path}`);
}

function engineAt(address: string): EngineAddress {
  const isNamed = address === process.env["CONTAINER_HOST"];
  return {
    title: "Podman",
    address: () => address,
    isNamed,
    hint: isNamed ? `CONTAINER_HOST names that address: correct it or unset it. ${START_HINT}` : START_HINT,
  };
}

/** An address that somebody named is that or nothing. */
function mayStartService(): boolean {
  return !process.env["CONTAINER_HOST"];
}

async function availability(addresses: readonly string[]): Promise<Availability> {
  const startedAt = performance.now();
  const answers = await Promise.all(addresses.map(availabilityAt));
  const answering = answers.find((answer) => answer.isAvailable);
  if (answering) return answering;
  const installed = mayStartService() ? await installedPodman(PING_TIMEOUT_MS - (performance.now() - startedAt)) : undefined;
  if (installed) {
    const detail = `Podman ${installed.version.Version}, ${podmanMode(installed)}; no socket answers, so each run starts a service of its own`;
    return { isAvailable: true, detail, version: installed.version.Version, ...limitNotes([], installed) };
  }
  return (
    answers[0] ?? { isAvailable: false, reason: "No Podman socket answers, and there is no podman program that works.", hint: START_HINT }
  );
}

async function availabilityAt(address: string): Promise<Availability> {
  const engine = engineAt(address);
  try {
    await using client = await openClient(engine, PING_TIMEOUT_MS);
    const [found, info] = await Promise.all([engineAvailability(engine), podmanInfo(client.docker)]);
    if (!found.isAvailable) return found;
    return { ...found, detail: `${found.detail}, ${podmanMode(info)}`, ...limitNotes(found.notes ?? [], info) };
  } catch (error) {
    return { isAvailable: false, reason: unreachable(engine, error), hint: engine.hint };
  }
}

function limitNotes(notes: readonly string[], info: PodmanInfo): { notes?: readonly string[] } {
  const limits = unenforcedLimits(info);
  const all = [...notes, ...(limits.length > 0 ? [`Limits that are not enforced: ${limits.join(", ")} (${whyNotEnforced(info)}).`] : [])];
  return all.length > 0 ? { notes: all } : {};
}

async function openBackend(addresses: readonly string[], options: BackendOptions): Promise<SandboxBackend> {
  let refusal: unknown;
  for (const address of addresses) {
    try {
      return await backendAt(address, options);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (!mayStartService() || !(await installedPodman())) {
    throw (
      refusal ??
      new AssayError("sandbox/unavailable", "No Podman socket answers, and there is no podman program that works.", { hint: START_HINT })
    );
  }
  const service = await startPodmanService();
  try {
    const backend = await backendAt(service.address, options);
    return {
      ...backend,
      async [Symbol.asyncDispose]() {
        await using _service = service;
        await backend[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

async function backendAt(address: string, options: BackendOptions): Promise<SandboxBackend> {
  const target = engineAt(address);
  const connected = await connectEngine(target);
  const info = await podmanInfo(connected.docker).catch(async (error: unknown) => {
    await connected.close();
    throw new AssayError("sandbox/unavailable", unreachable(target, error), { hint: target.hint, cause: error });
  });
  const engine: Engine = { ...connected, differences: podmanDifferences(connected.docker, info) };
  const backend = containerBackend(engine, options);
  return {
    ...backend,
    async prepare(spec, options) {
      const limits = unenforcedLimits(info);
      if (spec.needs.includes("canLimitResources") && limits.length > 0) {
        throw new AssayError(
          "config/unsupported",
          `The task needs limits that this Podman does not enforce (${whyNotEnforced(info)}): ${limits.join(", ")}.`,
          {
            hint: "Use a rootful Podman (CONTAINER_HOST=unix:///run/podman/podman.sock), --sandbox docker, or a machine with cgroups v2.",
          },
        );
      }
      return backend.prepare(spec, options);
    },
  };
}
