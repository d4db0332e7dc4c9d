/** `assay run`: runs models through tasks and prints the results. */
import { Command, Option } from "commander";
import type { RunFlags } from "../run/flags.ts";

export default function runCommand(): Command {
  return new Command("run").description("Run a model through tasks.").addHelpText(
    "after",
    `
Examples:
  assay run -m mock/oracle -t basics
  assay run -m openai/gpt-5-mini -t humaneval -n 20 --sandbox docker
  assay run -m openai-compatible/qwen -t gsm8k -H baseline -H agent
  assay run -m mock/oracle -t ./my-task.ts --check
  assay run --resume runs/<run id>`,
  );
}

/** Options are made of the schema of a run's options, which the list of commands need not load. */
export async function complete(command: Command): Promise<void> {
  const [{ schemaOptions }, { numberOption }] = await Promise.all([import("../run/options.ts"), import("../number-option.ts")]);
  for (const option of schemaOptions()) {
    command.addOption(option);
    if (option.long === "--task") command.addOption(harnessOption());
  }
  command
    .option("--out <dir>", "folder in which run folders are made", "runs")
    .option("--resume <run>", "finish an unfinished run; needs no other option")
    .option("--new", "start afresh even where the same command was left unfinished")
    .option("--dry-run", "print the first prompts, counts and estimated cost; call no model")
    .option("--check", "check the task itself: its reference solutions score 1, doing nothing scores 0")
    .addOption(numberOption("--repeat <k>", "with --check: how often each is tried (default: 3)", "count"))
    .option("--allow-errors <n|p%>", "exit 0 although that many trials ended in error")
    .option("--json", "print one JSON document on stdout")
    .action(async (flags: RunFlags) => {
      const { runFromFlags } = await import("../run/action.ts");
      process.exitCode = await runFromFlags(flags);
    });
}

/** By hand: a run has one harness, a command makes a run for each that it names. */
function harnessOption(): Option {
  return new Option("-H, --harness <name>", "how the model is driven: baseline, agent, bash, or ./my.yaml; repeatable, one run each")
    .default([], "the task's own")
    .argParser((value: string, before: string[]) => [...before, value]);
}
