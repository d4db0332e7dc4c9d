import type { SandboxCapabilities } from "../../src/index.ts";

/** What a container of any engine can do. */
export const CONTAINER_CAPABILITIES: SandboxCapabilities = {
  hasPython: true,
  hasProcesses: true,
  hasPackages: true,
  hasNetwork: true,
  hasAllowList: true,
  sealsAllowList: true,
  canUseImages: true,
  canSwitchUser: true,
  canUseGpus: true,
  canLimitResources: true,
  isBinarySafe: true,
  hasServices: true,
  canSnapshot: true,
  protectsVerifier: true,
};
