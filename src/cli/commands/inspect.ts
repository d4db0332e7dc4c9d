/** `assay inspect SPEC`: a task as it would be run, and an instance of it as the model would see it. */
import { Command, Option } from "commander";
import { jsonLine } from "../terminal/json-line.ts";

interface InspectFlags {
  instance?: string;
  harness?: string;
  sandbox?: string;
  override: string[];
  request?: boolean;
  formatted?: boolean;
  tokens?: boolean;
  json?: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

export default function inspectCommand(): Command {
  const only = (flags: string, description: string, others: string[]) => new Option(flags, description).conflicts(others);
  return new Command("inspect")
    .description("Show a task: settings, metrics, sandbox, and an instance as the model would see it.")
    .argument("<spec>", "task[:variant…], suite, or ./my-task.ts")
    .option("--instance <id>", "the instance to show; default: the first")
    .option("-H, --harness <name>", "how the model would be driven; default: the task's own")
    .option("--sandbox <backend>", "where tool calls and tests would execute")
    .option("-o, --override <key=value>", "a setting; repeatable", collect, [])
    .addOption(only("--request", "print only the instance's request, as JSON", ["formatted", "tokens", "json"]))
    .addOption(only("--formatted", "print only the instance's messages", ["request", "tokens", "json"]))
    .addOption(only("--tokens", "print only how long the prompts are, roughly", ["request", "formatted", "json"]))
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  assay inspect humaneval\n  assay inspect gsm8k:8shot --formatted\n  assay inspect basics --instance join-csv -H bash",
    )
    .action(async (spec: string, flags: InspectFlags) => {
      const [{ inspectSpec }, { inspectedLines, formattedLines, tokenLines }, { renderLine }] = await Promise.all([
        import("../../run/inspect.ts"),
        import("../inspect/lines.ts"),
        import("../terminal/line.ts"),
      ]);
      const inspected = await inspectSpec({
        spec,
        harness: flags.harness,
        sandbox: flags.sandbox,
        instance: flags.instance,
        overrides: flags.override,
      });
      const { stdout } = process;
      const printJson = (value: unknown) => void stdout.write(jsonLine(value));
      if (flags.json) return printJson({ schema: "assay/inspect@1", ...inspected });
      if (flags.request) return inspected.tasks.forEach((task) => printJson(task.instance.request));
      const linesOf = flags.formatted ? formattedLines : flags.tokens ? tokenLines : inspectedLines;
      for (const line of linesOf(inspected)) stdout.write(`${renderLine(line, stdout)}\n`);
    });
}
