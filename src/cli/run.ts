/** `assay run`: runs models through tasks and prints the results. */
import { Command } from "commander";

export interface RunFlags {
  model?: string;
  task: string[];
  harness: string[];
  sandbox?: string;
  limit?: string;
  sample?: string;
  instance: string[];
  epochs?: string;
  seed?: string;
  concurrency?: string;
  override: string[];
  out: string;
  resume?: string;
  new?: boolean;
  dryRun?: boolean;
  check?: boolean;
  repeat?: string;
  retries?: string;
  maxCost?: string;
  maxTokens?: string;
  maxTime?: string;
  allowErrors?: string;
  json?: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

export default function runCommand(): Command {
  return new Command("run")
    .description("Run a model through tasks.")
    .option("-m, --model <provider/model>", "the model: mock/oracle, openai/…, anthropic/…, google/…, openai-compatible/…, replay/<run>")
    .option("-t, --task <spec>", "task[:variant…], suite, or ./my-task.ts; repeatable", collect, [])
    .option("-H, --harness <name>", "how the model is driven: baseline, agent, bash, or ./my.yaml; repeatable, one run each", collect, [])
    .option("--sandbox <backend>", "where tool calls and tests execute: embedded, docker, or ./mine.ts")
    .option("-n, --limit <n>", "only the first N instances, in file order")
    .option("--sample <n>", "only N instances, drawn by --seed")
    .option("--instance <id>", "only this instance; repeatable", collect, [])
    .option("--epochs <k>", "try each instance K times")
    .option("--seed <n>", "seed of --sample (default 0)")
    .option("--concurrency <n>", "trials at once")
    .option(
      "-o, --override <key=value>",
      "a setting, for example sampling.temperature=0.2, limits.turns=20, data=./rows.jsonl; repeatable",
      collect,
      [],
    )
    .option("--out <dir>", "folder in which run folders are made", "runs")
    .option("--resume <run>", "finish an unfinished run; needs no other option")
    .option("--new", "start afresh even where the same command was left unfinished")
    .option("--dry-run", "print the first prompts, counts and estimated cost; call no model")
    .option("--check", "check the task itself: its reference solutions score 1, doing nothing scores 0")
    .option("--repeat <k>", "with --check: how often each is tried (default 3)")
    .option("--retries <n>", "further attempts of a trial after an infrastructure error (default 1)")
    .option("--max-cost <usd>", "stop the run at this cost; it can be resumed")
    .option("--max-tokens <n>", "stop the run at this many tokens")
    .option("--max-time <time>", "stop the run after this time: 90s, 30m, 2h")
    .option("--allow-errors <n|p%>", "exit 0 although that many trials ended in error")
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      `
Examples:
  assay run -m mock/oracle -t basics
  assay run -m openai/gpt-5-mini -t humaneval -n 20 --sandbox docker
  assay run -m openai-compatible/qwen -t gsm8k -H baseline -H agent
  assay run -m mock/oracle -t ./my-task.ts --check
  assay run --resume runs/<run id>`,
    )
    .action(async (flags: RunFlags) => {
      const { runFromFlags } = await import("./run-action.ts");
      process.exitCode = await runFromFlags(flags);
    });
}
