/** `assay label sample|import|ask RUN`: people's labels of a random slice of a run's trials. */
import { Command, Option } from "commander";
import { STRATA_FIELDS } from "../../core/label.ts";
import type { AskFlags } from "../label/ask.ts";
import type { ImportFlags } from "../label/import.ts";
import type { SampleFlags } from "../label/sample.ts";
import { numberOption } from "../number-option.ts";

const RUN = "run folder, run id, or a unique part of the id";

export default function labelCommand(): Command {
  const label = new Command("label").description("Have people label a random slice of a run, to hold its judges against.");
  const named = (name: string, description: string) =>
    label
      .command(name)
      .description(description)
      .argument("<run>", RUN)
      .option("--name <name>", "of the labels: labels/NAME.jsonl in the run folder", "people");
  named("sample", "Draw trials at random, and write a sheet of them to be filled in.")
    .addOption(numberOption("-n, --number <n>", "how many trials", "count").default(100))
    .option("--seed <text>", "the same seed draws the same trials, also of another run over the same instances", "1")
    .addOption(new Option("--by <field>", "draw equally many of each value of this field").choices(STRATA_FIELDS))
    .option("--scorer <name>", "only trials that this scorer gave a value; default: trials with any score")
    .option("--pass <name>", "the scoring pass whose values count; default: the run's own")
    .option("--file <path>", "the sheet: .csv or .jsonl (default: NAME.csv)")
    .option("--out <dir>", "folder in which run folders are", "runs")
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  assay label sample runs/<run id> -n 100\n  assay label sample runs/<run id> -n 60 --by task --file sheet.csv",
    )
    .action(async (run: string, flags: SampleFlags) => {
      const { drawSheet } = await import("../label/sample.ts");
      await drawSheet(run, flags);
    });
  named("import", "Take in a sheet that was filled in.")
    .argument("<file>", "the sheet: .csv or .jsonl with the columns trial and label")
    .option("--labeller <who>", "who filled it in, for rows that do not say; default: the user's name on this machine")
    .option("--out <dir>", "folder in which run folders are", "runs")
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExample:\n  assay label import runs/<run id> sheet.csv --labeller ada")
    .action(async (run: string, file: string, flags: ImportFlags) => {
      const { importSheet } = await import("../label/import.ts");
      await importSheet(run, file, flags);
    });
  named("ask", "Label the drawn trials here, one after the other; goes on where it was left.")
    .option("--labeller <who>", "who labels; default: the user's name on this machine")
    .option("--out <dir>", "folder in which run folders are", "runs")
    .addHelpText("after", "\nExample:\n  assay label ask runs/<run id>")
    .action(async (run: string, flags: AskFlags) => {
      const { askForLabels } = await import("../label/ask.ts");
      process.exitCode = await askForLabels(run, flags);
    });
  return label;
}
