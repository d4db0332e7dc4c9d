/** What holds for a sandbox in Modal, for the record: what Modal was asked to enforce, and what its own process sees. */
import { networkText, type Sandbox, type SandboxSpec } from "../../src/index.ts";
import { notEnforced } from "../container/start/not-enforced.ts";
import { estimatedUsd, PRICES_FROM } from "./cost.ts";
import type { ModalImage } from "./image.ts";
import { ALLOW_LIST_NOTE } from "./network.ts";
import type { StartedMachine } from "./start.ts";

const HOUR_SECONDS = 3600;

export function appliedLimits(spec: SandboxSpec, image: ModalImage, { report, how, lifetimeMs }: StartedMachine): Sandbox["applied"] {
  const applied: Record<string, string | number | boolean | null> = {
    image: image.name,
    digest: image.built.imageId,
    hasShell: true,
    user: `${report.uid}:${report.gid}`,
    switchedBy: how,
    network: appliedNetwork(spec, report.hasNetwork),
    // Modal enforces them outside of the sandbox, where they cannot be read back.
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    limitsReadBack: false,
    pids: report.pids,
    hasCapabilities: report.hasCapabilities,
    hasNoNewPrivileges: report.hasNoNewPrivileges,
    hasSeccomp: report.hasSeccomp,
    lifetimeMinutes: Math.round(lifetimeMs / 60_000),
    estimatedUsdPerHour: estimatedUsd(spec, HOUR_SECONDS),
    estimatedFrom: PRICES_FROM,
  };
  const limits = notEnforced(spec, applied, undefined);
  const missing = [
    ...(limits === undefined ? [] : [limits]),
    ...(spec.capabilities === "none" && report.hasCapabilities ? ["capabilities"] : []),
  ];
  const notes = [
    ...(missing.length > 0 ? [`${missing.join(", ")}: Modal has no such limit`] : []),
    ...(typeof spec.network === "string" ? [] : [ALLOW_LIST_NOTE]),
  ];
  if (notes.length > 0) applied["notEnforced"] = notes.join("; ");
  return applied;
}

/** `hasNetwork` is what the sandbox sees, null where it could not be seen. */
function appliedNetwork({ network }: SandboxSpec, hasNetwork: boolean | null): string {
  if (typeof network !== "string" || hasNetwork === null) return networkText(network);
  return hasNetwork ? "bridge" : "none";
}
