/** `assay replay RUN [TRIAL]`: looks at a stored trial, turn by turn. */
import { Command } from "commander";
import { numberOption } from "../number-option.ts";
import type { ReplayFlags } from "../replay/flags.ts";

export default function replayCommand(): Command {
  return new Command("replay")
    .description("Step through a stored trial, turn by turn; without TRIAL, list a run's trials.")
    .argument("<run>", "run folder, run id, or a unique part of the id")
    .argument("[trial]", "trial id, or a unique part of it")
    .addOption(numberOption("--speed <n>", "how many times faster than recorded it plays", "positive").default(1))
    .addOption(numberOption("--attempt <n>", "an earlier attempt at the trial; default: the one that counts", "count"))
    .option("--out <dir>", "folder in which run folders are", "runs")
    .option("--projection", "print what must be the same on every sandbox, one line an event, for diff")
    .option("--json", "print one JSON document on stdout")
    .addHelpText(
      "after",
      `
Keys: h/l or ←/→ turn by turn, g/G first and last, space play and pause, j/k or ↑/↓ scroll, w whole output or cut to the screen, q quit.
Without a terminal the whole trial is printed as text.

Examples:
  assay replay runs/<run id>
  assay replay runs/<run id> HumanEval/11
  assay replay <part of a run id> HumanEval/11 --speed 10
  diff <(assay replay RUN_A count-words --projection) <(assay replay RUN_B count-words --projection)`,
    )
    .action(async (run: string, trial: string | undefined, flags: ReplayFlags) => {
      const { replay } = await import("../replay/replay.ts");
      await replay(run, trial, flags);
    });
}
