/** `assay sandbox prune`: removes what crashed runs left behind, or snapshots that nobody needs any more. */
import { Command, Option } from "commander";
import type { PruneFlags } from "../sandbox/prune.ts";

export default function sandboxCommand(): Command {
  const sandbox = new Command("sandbox").description("Look after sandboxes.");
  sandbox
    .command("prune")
    .description("Remove sandboxes whose owner is dead: what crashed runs left behind. With --snapshots: old snapshots instead.")
    .argument("[dir]", "with --snapshots: folder in which run folders are", "runs")
    .option("--snapshots", "remove the snapshots of runs that ended long ago")
    .addOption(new Option("--older-than <time>", "with --snapshots: how long ago the run ended: 7d, 12h").default("7d"))
    .option("--dry-run", "with --snapshots: only say what would be removed")
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExamples:\n  assay sandbox prune\n  assay sandbox prune --snapshots --older-than 7d")
    .action(async (dir: string, flags: PruneFlags) => {
      const { pruneFromFlags } = await import("../sandbox/prune.ts");
      process.exitCode = await pruneFromFlags(dir, flags);
    });
  return sandbox;
}
