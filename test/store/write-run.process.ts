/** Goes on with a run until it is killed: commits trials of both kinds, several at once, and says each one's id after its commit. */
import { openRunFolder } from "../../src/store/open-run.ts";
import { playTrial } from "./run-folders.ts";

const { folder } = await openRunFolder(process.argv[2] ?? "", { secrets: [] });
const first = Number(process.argv[3]);

async function write(worker: number): Promise<void> {
  for (let nth = 0; ; nth += 1) {
    const row = await playTrial(
      folder,
      `t-${first}-${worker}-${nth}`,
      worker % 2 === 0 ? "block" : "stream",
      "x".repeat((nth * 997) % 3_000),
    );
    process.stdout.write(`${row.trialId}\n`);
  }
}

await Promise.all([0, 1, 2, 3, 4].map(write));
