import { createHash } from "node:crypto";
import { it } from "vitest";
import type { Sandbox, SandboxBackend, StartOptions } from "../../../src/core/sandbox.ts";
import type { SandboxCapabilities, SandboxCapability, SandboxSpecInput } from "../../../src/core/sandbox-spec.ts";

/** What a group of behaviours is given. */
export interface ContractContext {
  capabilities: SandboxCapabilities;
  /** A sandbox that many tests use; none of them breaks it. Files belong in a folder of the test's own. */
  shared(): Sandbox;
  /** A sandbox of the test's own; the test disposes of it. */
  start(spec?: SandboxSpecInput, signal?: AbortSignal, from?: Pick<StartOptions, "snapshot">): Promise<Sandbox>;
  backend(): SandboxBackend;
  /** vitest's `it` for a behaviour that needs these capabilities: where one is not claimed, the test is skipped and says so. */
  when(...needs: SandboxCapability[]): Behaviour;
}

interface Behaviour {
  (sentence: string, test: () => Promise<void>): void;
  (sentence: string, options: { timeout: number }, test: () => Promise<void>): void;
}

/** Notes in `unclaimed` what a skipped behaviour lacked. */
export function behaviourWhen(
  capabilities: SandboxCapabilities,
  needs: readonly SandboxCapability[],
  unclaimed: SandboxCapability[],
): Behaviour {
  const missing = needs.find((capability) => !capabilities[capability]);
  if (missing === undefined) return it;
  return (sentence: string) => {
    unclaimed.push(missing);
    it(`${sentence}`, { skip: true }, () => {});
  };
}

/** A command's stdout or stderr as text. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** What large outputs are compared by: their length and SHA-256. */
export function digest(bytes: Uint8Array): string {
  return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Bytes of every value, without a period that a block's length could hide. */
export function someBytes(count: number): Uint8Array {
  let state = 1;
  return new Uint8Array(count).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
