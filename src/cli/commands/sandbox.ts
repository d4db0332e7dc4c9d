/** `assay sandbox prune`: removes what crashed runs left behind. */
import { Command } from "commander";
import type { PrunedBackend } from "../../run/prune.ts";
import { jsonLine } from "../terminal/json-line.ts";

export default function sandboxCommand(): Command {
  const sandbox = new Command("sandbox").description("Look after sandboxes.");
  sandbox
    .command("prune")
    .description("Remove sandboxes whose owner is dead: what crashed runs left behind.")
    .option("--json", "print one JSON document on stdout")
    .addHelpText("after", "\nExample:\n  assay sandbox prune")
    .action(async (flags: { json?: boolean }) => {
      const { pruneAll } = await import("../../run/prune.ts");
      const backends = await pruneAll();
      if (backends.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
      if (flags.json) return void process.stdout.write(jsonLine({ schema: "assay/prune@1", backends }));
      for (const pruned of backends) process.stdout.write(`${pruned.backend}: ${told(pruned)}\n`);
    });
  return sandbox;
}

function told({ skipped, failed, removed, kept }: PrunedBackend): string {
  if (skipped !== undefined) return `skipped: ${skipped}`;
  if (failed !== undefined) return `failed: ${failed}`;
  return `${removed.length} removed${kept.length > 0 ? `, ${kept.length} left alone (${kept[0]?.reason})` : ""}`;
}
