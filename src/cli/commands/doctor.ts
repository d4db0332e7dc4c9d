/** `assay doctor`: what of Assay can be used on this machine, and what to do about the rest. */
import { Command } from "commander";

export default function doctorCommand(): Command {
  return new Command("doctor")
    .description("Say which sandboxes and models can be used here, and what to do about the others.")
    .option("--json", "print one JSON document on stdout")
    .action(async (flags: { json?: boolean }) => {
      const { examine } = await import("../../run/doctor.ts");
      const checks = await examine();
      if (flags.json) return void process.stdout.write(`${JSON.stringify({ schema: "assay/doctor@1", checks })}\n`);
      for (const { name, isUsable, detail } of checks) process.stdout.write(`${isUsable ? "yes" : "no "}  ${name}: ${detail}\n`);
    });
}
