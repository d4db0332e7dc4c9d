/** `assay config`: every default and every setting that `-o` takes. */
import { Command } from "commander";
import { jsonLine } from "../terminal/json-line.ts";

export default function configCommand(): Command {
  return new Command("config")
    .description("Print the engine's defaults and every key that -o takes.")
    .option("--json", "print one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const [{ DEFAULTS }, { overrideKeys }] = await Promise.all([import("../../core/defaults.ts"), import("../../run/overrides.ts")]);
      const keys = overrideKeys();
      if (flags.json) return void process.stdout.write(jsonLine({ schema: "assay/config@1", defaults: DEFAULTS, keys }));
      process.stdout.write("Defaults\n");
      for (const [name, value] of Object.entries(DEFAULTS)) process.stdout.write(`  ${name.padEnd(22)} ${value}\n`);
      process.stdout.write("\nSettings (-o key=value)\n");
      for (const { key, description } of keys) process.stdout.write(`  ${key.padEnd(26)} ${description}\n`);
    });
}
