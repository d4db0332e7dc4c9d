/**
 * What every sandbox backend must do, as vitest tests against the real backend; what a backend declares it cannot do is skipped.
 * A backend of a third party runs it with `sandboxContract(definition)` in a test file of its own.
 */
import { afterAll, beforeAll, describe } from "vitest";
import {
  sandboxSpecSchema,
  type Sandbox,
  type SandboxBackend,
  type SandboxDefinition,
  type SandboxSpecInput,
} from "../../src/core/sandbox.ts";
import type { ContractContext } from "./contract/context.ts";
import { commandBehaviours } from "./contract/commands.ts";
import { fileBehaviours } from "./contract/files.ts";
import { isolationBehaviours } from "./contract/isolation.ts";
import { limitBehaviours } from "./contract/limits.ts";
import { pythonBehaviours } from "./contract/python.ts";
import { sessionBehaviours } from "./contract/sessions.ts";

/** Registers the contract's tests. `spec` is what every sandbox starts from (an image that is at hand, say). */
export function sandboxContract(definition: SandboxDefinition, options: { spec?: SandboxSpecInput } = {}): void {
  describe(`sandbox ${definition.name}`, () => {
    const opened: { backend?: SandboxBackend; sandbox?: Sandbox } = {};

    const start = (spec: SandboxSpecInput = {}, signal?: AbortSignal): Promise<Sandbox> =>
      given(opened.backend).start(sandboxSpecSchema.parse({ ...options.spec, ...spec }), {
        owner: { runId: "contract", trialId: "contract/1/1", attempt: 1 },
        ...(signal && { signal }),
      });

    beforeAll(async () => {
      opened.backend = await definition.open();
      await opened.backend.prepare(sandboxSpecSchema.parse(options.spec ?? {}));
      opened.sandbox = await start();
    });
    afterAll(async () => {
      await opened.sandbox?.[Symbol.asyncDispose]();
      await opened.backend?.[Symbol.asyncDispose]();
    });

    const context: ContractContext = {
      capabilities: definition.capabilities,
      shared: () => given(opened.sandbox),
      start,
      backend: () => given(opened.backend),
    };
    describe("commands", () => commandBehaviours(context));
    describe("files", () => fileBehaviours(context));
    describe("sessions", () => sessionBehaviours(context));
    describe("limits", () => limitBehaviours(context));
    describe("isolation", () => isolationBehaviours(context));
    describe.runIf(definition.capabilities.hasPython)("python", () => pythonBehaviours(context));
  });
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("The backend did not open; see the failure of beforeAll.");
  return value;
}
