/** Which limits of a spec do not hold for a container, so that nobody has to compare what was asked with what was applied. */
import type { Sandbox, SandboxSpec } from "../../../src/index.ts";

/** Sizes are in blocks and pages. */
const TOLERANCE = 1.05;

/** The limits of a spec that do not hold, by the names of `applied`; undefined where all do. */
export function notEnforced(spec: SandboxSpec, applied: Sandbox["applied"], why: string | undefined): string | undefined {
  const asked: Record<string, number | undefined> = {
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    pids: spec.pids,
    shmMiB: spec.shmMiB,
    diskMiB: spec.diskMiB,
    ...prefixed("tmpfs", spec.tmpfs),
    ...prefixed("ulimits", spec.ulimits),
  };
  const names = Object.entries(asked)
    .filter(([name, limit]) => limit !== undefined && !holds(limit, applied[name] ?? null))
    .map(([name]) => name);
  if (spec.network !== "bridge" && applied["network"] === "bridge") names.push("network");
  if (names.length === 0) return undefined;
  return why === undefined ? names.join(", ") : `${names.join(", ")}: ${why}`;
}

function holds(asked: number, found: string | number | boolean | null): boolean {
  return typeof found === "number" && found <= asked * TOLERANCE;
}

function prefixed(prefix: string, limits: Readonly<Record<string, number | undefined>>): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [`${prefix}.${name}`, limit]));
}
