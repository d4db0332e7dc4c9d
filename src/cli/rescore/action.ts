/** What `assay rescore` does: score again, compare with the run's own scores, print. */
import { findRun } from "../../run/find-run.ts";
import { rescore, type RescoreResult } from "../../run/rescore/rescore.ts";
import { EXIT_INTERRUPTED, interruptSignal } from "../run/interrupt.ts";
import { errorText } from "../terminal/error-text.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine, styled, type Line, type Piece } from "../terminal/line.ts";
import { printableLine } from "../terminal/printable.ts";
import { countOf, countText, scoreText } from "../terminal/quantities.ts";
import { layTable, type Row } from "../terminal/table.ts";

const note = (text: string) => void process.stderr.write(`${printableLine(text)}\n`);

export interface RescoreFlags {
  scorer: string;
  out: string;
  dockerHost: string[];
  json?: boolean;
}

/** Returns the exit code: 1 where a trial's sandbox could not be started or broke. */
export async function rescoreFromFlags(run: string, flags: RescoreFlags): Promise<number> {
  using interrupt = interruptSignal(note);
  const path = await findRun(run, flags.out);
  const result = await rescore({ path, scorer: flags.scorer, hosts: flags.dockerHost, signal: interrupt.signal, onProgress: note });
  const differing = result.trials.filter(({ score, before }) => score.value !== before);
  if (flags.json) process.stdout.write(jsonLine({ schema: "assay/rescore@1", ...result, differing: differing.length }));
  else {
    const { stdout } = process;
    for (const line of rescoreLines(result, stdout.isTTY ? stdout.columns : Infinity)) stdout.write(`${renderLine(line, stdout)}\n`);
  }
  if (result.wasFinished && result.trials.length === 0) note("The run has no finished trial to score yet. Nothing was run.");
  else if (result.wasFinished) note(`This pass was finished before: ${result.file}. Nothing was run.`);
  for (const { trialId, reason, hint } of result.failed)
    note(`${trialId} was not scored: ${errorText(reason, hint)} The same command tries it again.`);
  if (interrupt.signal.aborted) {
    note("Interrupted. The same command goes on with what is left.");
    return EXIT_INTERRUPTED;
  }
  return result.failed.length > 0 ? 1 : 0;
}

function rescoreLines({ scorer, trials, path, file }: RescoreResult, columns: number): Line[] {
  const rows: Row[] = trials.map(({ trialId, before, score }) => [
    trialId,
    valueOf(before),
    score.value === before ? valueOf(score.value) : styled(valueOf(score.value), "yellow"),
    score.value === before ? "" : styled(score.reason ?? score.explanation ?? "", "dim"),
  ]);
  const heads = [{ head: "trial" }, { head: "before", align: "right" as const }, { head: "now", align: "right" as const }, { head: "" }];
  const differing = trials.filter(({ score, before }) => score.value !== before).length;
  const unscored = trials.filter(({ score }) => score.value === null).length;
  const summary: Piece[] = [
    `${countText(differing)} of ${countOf(trials.length, "score")} differ`,
    ...(unscored > 0 ? [styled(`, ${countText(unscored)} unscored`, "yellow")] : []),
  ];
  return [[styled(scorer, "bold")], [], ...layTable(heads, rows, columns), [], summary, [styled("pass     ", "dim"), `${path}/${file}`]];
}

const valueOf = (value: number | null): string => (value === null ? "–" : scoreText(value));
