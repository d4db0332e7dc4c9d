import type { SandboxCapability } from "../../../src/core/sandbox-spec.ts";

/** One line that says to how much of the contract a backend was held, and what it does not claim. */
export function contractSummary(name: string, heldCount: number, unclaimed: readonly SandboxCapability[]): string {
  const reasons = [...new Set(unclaimed)].map((capability) => `${unclaimed.filter((one) => one === capability).length} ${capability}`);
  return `sandbox ${name}: ${heldCount} behaviours, ${unclaimed.length} not claimed${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`;
}
