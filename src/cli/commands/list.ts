/** `assay list`: what there is to run, and with what. */
import { Argument, Command } from "commander";
import { AssayError } from "../../core/errors.ts";
import { nameHint } from "../../core/nearest.ts";
import { LISTS, type ListName } from "../../run/part-kinds.ts";
import { jsonLine } from "../terminal/json-line.ts";

const NAMES = Object.keys(LISTS);

export default function listCommand(): Command {
  return new Command("list")
    .description("List tasks, suites, variants, tools, sandboxes, scaffolds, models or harnesses.")
    .addArgument(new Argument("<kind>").choices(NAMES).argParser(listName))
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExamples:\n  assay list tasks\n  assay list variants --json")
    .action(async (kind: ListName, flags: { json?: boolean }) => {
      const { entriesOf } = await import("../../run/listing.ts");
      const entries = await entriesOf(kind);
      if (flags.json) return void process.stdout.write(jsonLine({ schema: "assay/list@1", kind, entries }));
      const width = Math.max(0, ...entries.map((entry) => entry.name.length));
      for (const { name, description } of entries) process.stdout.write(`${name.padEnd(width)}  ${description.split("\n")[0]}\n`);
    });
}

function listName(word: string): string {
  if (NAMES.includes(word)) return word;
  throw new AssayError("usage/unknown-name", `There is no list ${JSON.stringify(word)}.`, { hint: nameHint(word, NAMES) });
}
