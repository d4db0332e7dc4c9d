/** `assay score`: grades answers that another program has made. */
import { Command } from "commander";
import type { ScoreFlags } from "../run/score.ts";

export default function scoreCommand(): Command {
  return new Command("score").description("Grade answers that were made elsewhere; no model is asked.").addHelpText(
    "after",
    `
Examples:
  assay score -t gsm8k --outputs answers.jsonl
  assay score --outputs logs/2026-11-23_static-qa.eval
  assay run --resume runs/<run id>`,
  );
}

/** Options are those of a run, less the ones that say what answers. */
export async function complete(command: Command): Promise<void> {
  const { schemaOptions } = await import("../run/options.ts");
  command.requiredOption(
    "--outputs <file>",
    "the answers: lines of {instance, output}, lm-eval's samples, olmo-eval's predictions, Inspect AI's logs",
  );
  for (const option of schemaOptions()) {
    const key = option.attributeName();
    if (key === "epochs") option.description = "only K answers to each instance, where the file has more";
    if (!SAYS_WHAT_ANSWERS.has(key)) command.addOption(option);
  }
  command
    .option("--out <dir>", "folder in which run folders are made", "runs")
    .option("--new", "start afresh even where the same command was left unfinished")
    .option("--dry-run", "print the first prompts and counts")
    .option("--allow-errors <n|p%>", "exit 0 although that many trials ended in error, for want of an answer say")
    .option("--json", "print one JSON document on stdout")
    .action(async (flags: ScoreFlags) => {
      const { scoreFromFlags } = await import("../run/score.ts");
      process.exitCode = await scoreFromFlags(flags);
    });
}

const SAYS_WHAT_ANSWERS: ReadonlySet<string> = new Set(["model", "keepSnapshot"]);
