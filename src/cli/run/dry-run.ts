/** `assay run --dry-run`: what would be run, the first prompts, and an estimate of their cost. */
import { dryRun, type DryRun, type DryTask } from "../../run/dry-run.ts";
import { planRuns } from "../../run/start.ts";
import type { RunFlags } from "./flags.ts";
import { runOptionsOf } from "./options.ts";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { messageLines } from "../terminal/messages.ts";
import { countOf, countText, tokensText, usdText } from "../terminal/quantities.ts";
import { jsonLine } from "../terminal/json-line.ts";

const MAX_PROMPT_LINES = 60;

/** Returns the exit code. */
export async function dryRunFromFlags(flags: RunFlags): Promise<number> {
  const options = runOptionsOf(flags);
  const runs = await Promise.all((await planRuns(options, flags.harness)).runs.map((run) => dryRun(run, { out: flags.out })));
  const { stdout } = process;
  if (flags.json) stdout.write(jsonLine({ schema: "assay/dry-run@1", runs }));
  else for (const line of runs.flatMap(runLines)) stdout.write(`${renderLine(line, stdout)}\n`);
  return 0;
}

function runLines(run: DryRun): Line[] {
  return [
    [styled(run.model, "bold"), ` · ${run.harness}${run.sandbox === null ? "" : ` · sandbox ${run.sandbox}`}`],
    [`${countOf(run.trials, "trial")} in ${countOf(run.tasks.length, "task")}; nothing was run and nothing was written`],
    [
      `input of the first calls: about ${tokensText(run.inputTokensEstimate)} tokens (characters ÷ 4), cost ${costText(run.inputCostUsdEstimate)}`,
    ],
    [styled("What the model writes, and every further turn, comes on top.", "dim")],
    ...run.tasks.flatMap(taskLines),
    [],
  ];
}

function costText(costUsd: number | null): string {
  if (costUsd === null) return "unknown: no price is known for this model";
  return costUsd === 0 ? "$0" : `about ${usdText(costUsd)}`;
}

function taskLines({ spec, instances, epochs, inputTokensEstimate, firstTrial }: DryTask): Line[] {
  const { instanceId, messages, tools } = firstTrial;
  return [
    [],
    [
      styled(spec, "bold"),
      `  ${countOf(instances, "instance")} × ${countOf(epochs, "epoch")}, about ${countText(inputTokensEstimate)} tokens of input`,
    ],
    [styled(`The first prompt, ${instanceId}${tools.length > 0 ? `, with the tools ${tools.join(", ")}` : ""}:`, "dim")],
    ...messages.flatMap((message) => messageLines(message, MAX_PROMPT_LINES)),
  ];
}
