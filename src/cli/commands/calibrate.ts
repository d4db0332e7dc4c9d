/** `assay calibrate RUN [RUN_B] --scorer NAME`: holds a judge against people's labels, and corrects its scores by them. */
import { Command, Option } from "commander";
import type { CalibrateFlags } from "../calibrate/action.ts";

export default function calibrateCommand(): Command {
  return new Command("calibrate")
    .description("Say how far a judge can be trusted, and correct its scores, by people's labels and its own votes.")
    .argument("<run>", "run folder, run id, or a unique part of the id")
    .argument("[run-b]", "another run over the same instances: the corrected difference is of the first to this one")
    .requiredOption("--scorer <name>", "the judge; any other scorer can be calibrated, too")
    .option("--pass <name>", "the scoring pass whose values count, or a unique beginning of its name; default: the run's own scores")
    .option("--labels <name>", "labels/NAME.jsonl of the run folder; default: people, where there are any")
    .addOption(
      new Option("--threshold <value>", "from which value on an answer is right, where values are not all 0 or 1").argParser(Number),
    )
    .option("--out <dir>", "folder in which run folders are", "runs")
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  assay calibrate runs/<run id> --scorer exact\n  assay calibrate RUN_A RUN_B --scorer qa --pass qa",
    )
    .action(async (run: string, runB: string | undefined, flags: CalibrateFlags) => {
      const { calibrateFromFlags } = await import("../calibrate/action.ts");
      await calibrateFromFlags(run, runB, flags);
    });
}
