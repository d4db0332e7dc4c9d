/** What `assay rescore` does: score again, compare with the run's own scores, print. */
import { AssayError } from "../../core/errors.ts";
import { findRun } from "../../run/find-run.ts";
import { parseOverrides } from "../../run/overrides.ts";
import { rescore, rescoreDry, type RescoreRequest, type RescoreResult } from "../../run/rescore/rescore.ts";
import { Spending } from "../../run/rescore/spending.ts";
import { rescoredIn } from "../../store/score-pass.ts";
import { collectYoung } from "../run/collect-young.ts";
import { EXIT_INTERRUPTED, interruptSignal } from "../run/interrupt.ts";
import { errorText } from "../terminal/error-text.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine, type Line } from "../terminal/line.ts";
import { printableLine } from "../terminal/printable.ts";
import { diffFromFlags } from "./diff.ts";
import { createRescoreProgress } from "./progress.ts";
import { previewText, rescoreLines } from "./report.ts";

const note = (text: string) => void process.stderr.write(`${printableLine(text)}\n`);

export interface RescoreFlags {
  scorer?: string;
  judge: string[];
  where?: string;
  replicates?: number;
  against?: string;
  maxCost?: number;
  override: string[];
  dryRun?: boolean;
  diff?: string[];
  out: string;
  dockerHost: string[];
  json?: boolean;
}

/** Returns the exit code: 1 where a trial's sandbox could not be started or broke. */
export async function rescoreFromFlags(runs: readonly string[], flags: RescoreFlags): Promise<number> {
  if (flags.diff) return diffFromFlags(runs, flags.diff, flags);
  const { scorer } = flags;
  if (runs.length === 0)
    throw new AssayError("usage/bad-option", "No run was named.", { hint: "assay rescore runs/<run id> --scorer NAME" });
  if (scorer === undefined)
    throw new AssayError("usage/bad-option", "No scorer was named.", { hint: "Add --scorer NAME; judges: assay list judges" });
  collectYoung();
  using interrupt = interruptSignal(note);
  const paths = await Promise.all(runs.map((run) => findRun(run, flags.out)));
  const shared = await sharedRequest({ ...flags, scorer }, interrupt.signal);
  if (flags.dryRun) return dryFromFlags(paths, shared, flags);
  const results: RescoreResult[] = [];
  for (const path of paths) {
    results.push(await rescoreOne({ ...shared, path }));
    if (interrupt.signal.aborted || shared.spending.stopReason !== undefined) break;
  }
  await print(results, flags);
  if (interrupt.signal.aborted) {
    note("Interrupted. The same command goes on with what is left.");
    return EXIT_INTERRUPTED;
  }
  return results.some((result) => result.failed.length > 0 || deadJudge(result) !== undefined) ? 1 : 0;
}

/** Why the first of the judges' calls failed, where no judge answered any; undefined otherwise. */
function deadJudge({ changes, judging }: RescoreResult): string | undefined {
  if (judging.calls > 0) return undefined;
  return changes.flatMap(({ score }) => score.verdicts ?? []).find(({ status }) => status === "error")?.reason;
}

type Shared = Omit<RescoreRequest, "path" | "onPreview" | "onStart" | "onScored">;

async function sharedRequest(flags: RescoreFlags & { scorer: string }, signal: AbortSignal): Promise<Shared> {
  const replicates = flags.replicates === undefined ? [] : [`judging.replicates=${flags.replicates}`];
  const { judging = {}, ...others } = parseOverrides([...flags.override, ...replicates]);
  const stray = Object.keys(others)[0];
  if (stray !== undefined) {
    throw new AssayError("usage/bad-override", `-o ${stray}…: a run that is scored again keeps its settings.`, {
      hint: "Only -o judging.… can be given here; a judge's own settings stand behind its name: --judge openai/gpt-5-mini?temperature=0",
    });
  }
  return {
    scorer: flags.scorer,
    judges: flags.judge,
    judging,
    where: flags.where,
    against: flags.against === undefined ? undefined : await findRun(flags.against, flags.out),
    hosts: flags.dockerHost,
    spending: new Spending(flags.maxCost),
    signal,
    onProgress: note,
  };
}

async function rescoreOne(request: Shared & { path: string }): Promise<RescoreResult> {
  using progress = createRescoreProgress(process.stderr);
  const result = await rescore({
    ...request,
    onProgress: progress.line,
    onPreview: (preview) => progress.line(previewText(preview)),
    onStart: progress.start,
    onScored: progress.scored,
  });
  const { wasFinished, counts, file, stopReason, failed } = result;
  const which = request.where === undefined ? "finished trial to score yet" : "finished trial for which --where holds";
  if (wasFinished && counts.scored + counts.unscored === 0) note(`The run has no ${which}. Nothing was run.`);
  else if (wasFinished) note(`This pass was finished before: ${file}. Nothing was run.`);
  const dead = deadJudge(result);
  if (dead !== undefined) note(`No judge gave a verdict: ${dead}`);
  if (stopReason !== undefined) note(`Stopped: ${stopReason}. The same command goes on with what is left.`);
  for (const { trialId, reason, hint } of failed)
    note(`${trialId} was not scored: ${errorText(reason, hint)} The same command tries it again.`);
  return result;
}

async function print(results: readonly RescoreResult[], { json }: RescoreFlags): Promise<void> {
  const { stdout } = process;
  if (json) {
    const runs = await Promise.all(
      results.map(async (result) => ({ ...result, trials: await Array.fromAsync(rescoredIn(`${result.path}/${result.file}`)) })),
    );
    return void stdout.write(jsonLine({ schema: "assay/rescore@1", runs: runs.map(({ changes: _inTrials, ...run }) => run) }));
  }
  const columns = stdout.isTTY ? stdout.columns : Infinity;
  writeLines(results.flatMap((result, index) => [...(index > 0 ? [[]] : []), ...rescoreLines(result, columns)]));
}

async function dryFromFlags(paths: readonly string[], shared: Shared, { json }: RescoreFlags): Promise<number> {
  const runs = [];
  for (const path of paths) runs.push({ path, ...(await rescoreDry({ ...shared, path })) });
  if (json) process.stdout.write(jsonLine({ schema: "assay/rescore-dry-run@1", runs }));
  else writeLines(runs.flatMap(({ path, ...preview }): Line[] => [[path], [`  ${previewText(preview)}`]]));
  return 0;
}

function writeLines(lines: readonly Line[]): void {
  for (const line of lines) process.stdout.write(`${renderLine(line, process.stdout)}\n`);
}
