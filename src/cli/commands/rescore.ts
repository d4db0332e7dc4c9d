/** `assay rescore RUN… --scorer NAME`: grades what stored runs answered again, without asking the model again. */
import { Command } from "commander";
import { dockerHostOption } from "../docker-host-option.ts";
import { numberOption } from "../number-option.ts";
import type { RescoreFlags } from "../rescore/action.ts";

const more = (value: string, before: string[]): string[] => [...before, value];

export default function rescoreCommand(): Command {
  return new Command("rescore")
    .description("Grade the answers of stored runs again, by a judge, by text or in a sandbox; the model is not asked.")
    .argument("[run...]", "run folders, run ids, or unique parts of ids")
    .option("--scorer <name>", "a scorer of the run's tasks, a judge (assay list judges), or ./mine.ts")
    .option("--judge <model>", "a model that judges: openai/gpt-5-mini?temperature=0; repeatable for a panel", more, [])
    .option("--where <sql>", "only trials for which this holds: \"score < 1 AND task = 'gsm8k'\"")
    .addOption(numberOption("--replicates <r>", "ask each judge the same R times", "count"))
    .option("--against <run>", "for judges that compare: the run whose answers these are compared with")
    .addOption(numberOption("--max-cost <usd>", "stop when the judges have cost so much; the same command goes on", "positive"))
    .option("-o, --override <judging.key=value>", "judging.panel=median, judging.onFailure=retry:2; repeatable", more, [])
    .option("--dry-run", "print how many calls it would take, and what they would cost; call nothing")
    .option("--diff <passes...>", "show which scores differ between two passes: --diff PASS_A PASS_B")
    .option("--out <dir>", "folder in which run folders are", "runs")
    .addOption(dockerHostOption("start sandboxes on this Docker Engine: unix://…, tcp://…, ssh://…; repeatable", "where the trials ran"))
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      `
Examples:
  assay rescore runs/<run id> --scorer verifier
  assay rescore runs/<run id> --scorer simpleqa --judge openai/gpt-5-mini --judge anthropic/claude-haiku-4-5
  assay rescore runs/<run id> --scorer rubric --judge openai-compatible/judge --where "score < 1" --dry-run
  assay rescore runs/<run id> --diff simpleqa-0a1b simpleqa-2c3d`,
    )
    .action(async (runs: string[], flags: RescoreFlags) => {
      const { rescoreFromFlags } = await import("../rescore/action.ts");
      process.exitCode = await rescoreFromFlags(runs, flags);
    });
}
