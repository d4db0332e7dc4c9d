/** A backend that is open while the tests of a group run. */
import { afterAll, beforeAll } from "vitest";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxDefinition, type SandboxSpecInput } from "../../src/index.ts";

/** To be called in a `describe`; returns what starts a sandbox there, with the label of the run `runId`. */
export function startsSandboxes(definition: SandboxDefinition, runId: string): (spec?: SandboxSpecInput) => Promise<Sandbox> {
  const opened: { backend?: SandboxBackend } = {};
  beforeAll(async () => {
    opened.backend = await definition.open();
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());
  return (spec = {}) => {
    if (!opened.backend) throw new Error("The backend did not open.");
    return opened.backend.start(sandboxSpecSchema.parse(spec), { owner: { runId, trialId: `${runId}/1/1`, attempt: 1 } });
  };
}
