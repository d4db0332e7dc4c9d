/** `assay sandbox prune`: removes what crashed runs left behind, or snapshots that nobody needs any more. */
import { Command } from "commander";
import { dockerHostOption } from "../docker-host-option.ts";
import type { PruneFlags } from "../sandbox/prune.ts";

const PRUNE_EXAMPLES = `
Examples:
  assay sandbox prune
  assay sandbox prune --docker-host ssh://me@build-box
  assay sandbox prune --snapshots --older-than 7d`;

export default function sandboxCommand(): Command {
  const sandbox = new Command("sandbox").description("Look after sandboxes.");
  sandbox
    .command("prune")
    .description("Remove sandboxes whose owner is dead: what crashed runs left behind. With --snapshots: old snapshots instead.")
    .argument("[dir]", "with --snapshots: folder in which run folders are (default: runs)")
    .addOption(dockerHostOption("on this Docker Engine and nowhere else: unix://…, tcp://…, ssh://…; repeatable"))
    .option("--snapshots", "remove the snapshots of runs that ended long ago, or were killed and began long ago")
    .option("--older-than <time>", "with --snapshots: how long ago: 7d, 12h (default: 7d)")
    .option("--dry-run", "with --snapshots: only say what would be removed")
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", PRUNE_EXAMPLES)
    .action(async (dir: string | undefined, flags: PruneFlags) => {
      const { pruneFromFlags } = await import("../sandbox/prune.ts");
      process.exitCode = await pruneFromFlags(dir, flags);
    });
  return sandbox;
}
