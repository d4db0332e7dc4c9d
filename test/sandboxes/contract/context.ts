import type { Sandbox, SandboxBackend, SandboxDefinition, SandboxSpecInput } from "../../../src/core/sandbox.ts";

/** What a group of behaviours is given. */
export interface ContractContext {
  capabilities: SandboxDefinition["capabilities"];
  /** A sandbox that many tests use; none of them breaks it. Files belong in a folder of the test's own. */
  shared(): Sandbox;
  /** A sandbox of the test's own; the test disposes of it. */
  start(spec?: SandboxSpecInput, signal?: AbortSignal): Promise<Sandbox>;
  backend(): SandboxBackend;
}

/** A command's stdout or stderr as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
