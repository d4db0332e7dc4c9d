/** `assay rescore RUN --scorer NAME`: grades a stored run's snapshots again. */
import { Command } from "commander";
import { dockerHostOption } from "../docker-host-option.ts";
import type { RescoreFlags } from "../rescore/action.ts";

export default function rescoreCommand(): Command {
  return new Command("rescore")
    .description("Run a scorer again on what the trials of a stored run left in their sandboxes.")
    .argument("<run>", "run folder, run id, or a unique part of the id; made with --keep-snapshot")
    .requiredOption("--scorer <name>", "a scorer of the run's tasks that runs in a sandbox")
    .option("--out <dir>", "folder in which run folders are", "runs")
    .addOption(dockerHostOption("start sandboxes on this Docker Engine: unix://…, tcp://…, ssh://…; repeatable", "where the trials ran"))
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExample:\n  assay rescore runs/<run id> --scorer verifier")
    .action(async (run: string, flags: RescoreFlags) => {
      const { rescoreFromFlags } = await import("../rescore/action.ts");
      process.exitCode = await rescoreFromFlags(run, flags);
    });
}
