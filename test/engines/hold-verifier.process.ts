/** A process that grades for a long time in a sandbox of the run that its argument names, and waits to be killed. */
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";

const [runId = "held"] = process.argv.slice(2);
await using backend = await docker.open();
await using sandbox = await backend.start(sandboxSpecSchema.parse({}), { owner: { runId, trialId: "held/1/1", attempt: 1 } });
await sandbox.verify?.({ command: "sleep 600", resultFile: "score", timeoutMs: 600_000 });
