/** A process that grades for a long time in a sandbox of the run and the backend that its arguments name, and waits to be killed. */
import { sandboxSpecSchema, type SandboxDefinition } from "../../src/index.ts";

const [runId = "held", name = "docker"] = process.argv.slice(2);
const { default: definition }: { default: SandboxDefinition } = await import(`../../sandboxes/${name}.ts`);
await using backend = await definition.open();
await using sandbox = await backend.start(sandboxSpecSchema.parse({}), { owner: { runId, trialId: "held/1/1", attempt: 1 } });
await sandbox.verify?.({ command: "sleep 600", resultFile: "score", timeoutMs: 600_000 });
