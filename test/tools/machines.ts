/** The machines that tools are tested on: the built-in sandbox, and this machine's own programs. */
import embedded from "../../sandboxes/embedded.ts";
import type { Sandbox } from "../../src/core/sandbox.ts";
import { sandboxSpecSchema } from "../../src/core/sandbox-spec.ts";
import { startLocalSandbox } from "../fixtures/local-sandbox.ts";

async function startEmbedded(): Promise<Sandbox> {
  const backend = await embedded.open();
  const sandbox = await backend.start(sandboxSpecSchema.parse({}), { owner: { runId: "tools", trialId: "tools/1/1", attempt: 1 } });
  return { ...sandbox, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
}

export const MACHINES = [
  { name: "local", start: startLocalSandbox },
  { name: "embedded", start: startEmbedded },
];
