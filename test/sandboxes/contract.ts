/**
 * What every sandbox backend must do, as vitest tests against the real backend; what a backend declares it cannot do is skipped.
 * A backend of a third party runs it with `sandboxContract(definition)` in a test file of its own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox, SandboxBackend, SandboxDefinition } from "../../src/core/sandbox.ts";
import { sandboxSpecSchema, type SandboxCapability, type SandboxSpecInput } from "../../src/core/sandbox-spec.ts";
import { behaviourWhen, type ContractContext } from "./contract/context.ts";
import { commandBehaviours } from "./contract/commands.ts";
import { fileBehaviours } from "./contract/files.ts";
import { isolationBehaviours } from "./contract/isolation.ts";
import { limitBehaviours } from "./contract/limits.ts";
import { listingBehaviours } from "./contract/listing.ts";
import { pythonBehaviours } from "./contract/python.ts";
import { sessionBehaviours } from "./contract/sessions.ts";
import { verificationBehaviours } from "./contract/verification.ts";
import { inputBehaviours } from "./contract/input.ts";
import { outputBehaviours } from "./contract/output.ts";
import { pathBehaviours } from "./contract/paths.ts";
import { processBehaviours } from "./contract/processes.ts";
import { resourceBehaviours } from "./contract/resources.ts";
import { snapshotBehaviours } from "./contract/snapshots.ts";
import { userBehaviours } from "./contract/users.ts";
import { contractSummary } from "./contract/summary.ts";

export interface ContractOptions {
  /** What every sandbox starts from: an image that is at hand, say. */
  spec?: SandboxSpecInput;
  /** How many behaviours have to hold, so that a capability that is not claimed any more is noticed. */
  atLeast?: number;
}

/** Registers the contract's tests. */
export function sandboxContract(definition: SandboxDefinition, options: ContractOptions = {}): void {
  let heldCount = 0;
  describe(`sandbox ${definition.name}`, () => {
    const unclaimed: SandboxCapability[] = [];
    const opened: { backend?: SandboxBackend; sandbox?: Sandbox } = {};

    const start: ContractContext["start"] = (spec = {}, signal, from = {}) =>
      given(opened.backend).start(sandboxSpecSchema.parse({ ...options.spec, ...spec }), {
        ...from,
        owner: { runId: "contract", trialId: "contract/1/1", attempt: 1 },
        ...(signal && { signal }),
      });

    beforeAll(async () => {
      opened.backend = await definition.open();
      await opened.backend.prepare(sandboxSpecSchema.parse(options.spec ?? {}));
      opened.sandbox = await start();
    });
    afterEach(({ task }) => void (heldCount += task.result?.state === "pass" ? 1 : 0));
    afterAll(async () => {
      console.log(contractSummary(definition.name, heldCount, unclaimed));
      await opened.sandbox?.[Symbol.asyncDispose]();
      await opened.backend?.[Symbol.asyncDispose]();
    });

    const context: ContractContext = {
      capabilities: definition.capabilities,
      shared: () => given(opened.sandbox),
      start,
      backend: () => given(opened.backend),
      when: (...needs) => behaviourWhen(definition.capabilities, needs, unclaimed),
    };
    describe("commands", () => commandBehaviours(context));
    describe("input", () => inputBehaviours(context));
    describe("output", () => outputBehaviours(context));
    describe("processes", () => processBehaviours(context));
    describe("users", () => userBehaviours(context));
    describe("files", () => fileBehaviours(context));
    describe("paths", () => pathBehaviours(context));
    describe("listings", () => listingBehaviours(context));
    describe("sessions", () => sessionBehaviours(context));
    describe("limits", () => limitBehaviours(context));
    describe("resources", () => resourceBehaviours(context));
    describe("isolation", () => isolationBehaviours(context));
    describe("python", () => pythonBehaviours(context));
    describe("snapshots", () => snapshotBehaviours(context));
    describe("verification", () => verificationBehaviours(context));
  });
  const { atLeast } = options;
  if (atLeast === undefined) return;
  it(`sandbox ${definition.name} is held to at least ${atLeast} behaviours`, () => expect(heldCount).toBeGreaterThanOrEqual(atLeast));
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("The backend did not open; see the failure of beforeAll.");
  return value;
}
