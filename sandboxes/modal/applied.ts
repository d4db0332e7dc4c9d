/** What holds for a sandbox in Modal, for the record: what Modal was asked to enforce, and what its own process sees. */
import { networkText, type Sandbox, type SandboxSpec } from "../../src/index.ts";
import { notEnforced } from "../container/start/not-enforced.ts";
import { estimatedUsd, PRICES_FROM } from "./cost.ts";
import type { ModalImage } from "./image.ts";
import type { StartedMachine } from "./start.ts";

const HOUR_SECONDS = 3600;

export function appliedLimits(spec: SandboxSpec, image: ModalImage, { report, how, lifetimeMs }: StartedMachine): Sandbox["applied"] {
  const applied: Record<string, string | number | boolean | null> = {
    image: image.name,
    digest: image.built.imageId,
    hasShell: true,
    user: `${report.uid}:${report.gid}`,
    switchedBy: how,
    network: report.hasNetwork === null ? networkText(spec.network) : report.hasNetwork ? "bridge" : "none",
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
    ...(spec.readOnlyRoot ? ["readOnlyRoot"] : []),
    ...(spec.capabilities === "none" && report.hasCapabilities ? ["capabilities"] : []),
  ];
  if (missing.length > 0) applied["notEnforced"] = `${missing.join(", ")}: Modal has no such limit`;
  return applied;
}
