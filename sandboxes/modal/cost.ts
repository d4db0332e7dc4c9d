/** What a sandbox in Modal costs, as an estimate: no answer of Modal's tells it. */
import type { SandboxSpec } from "../../src/index.ts";

/**
 * USD a second of a physical core and of a GiB, for sandboxes. Billed is the greater of what was asked for and what was used;
 * a chosen region and a plan change it.
 */
const CORE_USD_PER_SECOND = 0.000_039_42;
const GIB_USD_PER_SECOND = 0.000_006_67;

/** Where the prices are from and when they held, which goes into the record beside every estimate. */
export const PRICES_FROM = "list prices of sandboxes at modal.com/pricing, 2026-10-08";

/** A physical core of Modal's is two logical CPUs, which is what a spec means. */
export const CPUS_PER_CORE = 2;

export function estimatedUsd({ cpus, memoryMiB }: Pick<SandboxSpec, "cpus" | "memoryMiB">, seconds: number): number {
  const perSecond = (cpus / CPUS_PER_CORE) * CORE_USD_PER_SECOND + (memoryMiB / 1024) * GIB_USD_PER_SECOND;
  return Math.round(perSecond * seconds * 1e6) / 1e6;
}
