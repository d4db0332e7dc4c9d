/** A process that starts a sandbox with an allow-list, prints its id and waits to be killed. */
import docker from "../../sandboxes/docker.ts";
import podman from "../../sandboxes/podman.ts";
import { sandboxSpecSchema } from "../../src/index.ts";

const [name, runId = "held"] = process.argv.slice(2);
await using backend = await (name === "docker" ? docker : podman).open();
const spec = sandboxSpecSchema.parse({ network: { allow: ["example.org"] } });
await using sandbox = await backend.start(spec, { owner: { runId, trialId: "held/1/1", attempt: 1 } });
console.log(sandbox.id);
await new Promise((resolve) => setTimeout(resolve, 600_000));
