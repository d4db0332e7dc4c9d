/** `assay sandbox prune`: removes what crashed runs left behind. */
import { Command } from "commander";

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
      if (flags.json) return void process.stdout.write(`${JSON.stringify({ schema: "assay/prune@1", backends })}\n`);
      for (const { backend, skipped, removed, kept } of backends) {
        process.stdout.write(
          skipped
            ? `${backend}: skipped: ${skipped}\n`
            : `${backend}: ${removed.length} removed${kept.length > 0 ? `, ${kept.length} left alone (${kept[0]?.reason})` : ""}\n`,
        );
      }
    });
  return sandbox;
}
