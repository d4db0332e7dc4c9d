/** `assay doctor`: what of Assay can be used on this machine, and what to do about the rest. */
import { Command } from "commander";
import { jsonLine } from "../terminal/json-line.ts";

export default function doctorCommand(): Command {
  return new Command("doctor")
    .description("Say which sandboxes and models can be used here, what is otherwise than expected, and what to type about it.")
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExamples:\n  assay doctor\n  DOCKER_HOST=ssh://me@build-box assay doctor --json")
    .action(async (flags: { json?: boolean }) => {
      const { examine } = await import("../../run/doctor.ts");
      const checks = await examine();
      const { stdout } = process;
      if (flags.json) return void stdout.write(jsonLine({ schema: "assay/doctor@1", checks }));
      const { doctorLines } = await import("../doctor/page.ts");
      const { renderLine } = await import("../terminal/line.ts");
      for (const line of doctorLines(checks, stdout.isTTY ? stdout.columns : undefined)) stdout.write(`${renderLine(line, stdout)}\n`);
    });
}
