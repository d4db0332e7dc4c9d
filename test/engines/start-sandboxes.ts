/** A process that starts and removes sandboxes without end and prints their ids, until it is killed: at any moment some are being created. */
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";

const [runId = "started"] = process.argv.slice(2);
await using backend = await docker.open();
const spec = sandboxSpecSchema.parse({});
const forEver = async (number: number): Promise<void> => {
  while (true) {
    await using sandbox = await backend.start(spec, { owner: { runId, trialId: `started/${number}/1`, attempt: 1 } });
    await sandbox.exec("true");
    console.log(sandbox.id);
  }
};
await Promise.all([forEver(1), forEver(2)]);
