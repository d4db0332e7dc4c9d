/** What `assay run` does: plan, execute, print. */
import { AssayError } from "../../core/errors.ts";
import type { Prediction } from "../../core/record.ts";
import type { ModelClient } from "../../models/client.ts";
import { requireSandboxes } from "../../run/backends.ts";
import { findRun } from "../../run/find-run.ts";
import { familyWarnings, type OpenedJudges } from "../../run/judges/panel-of.ts";
import { executeRun } from "../../run/run.ts";
import {
  continueRun,
  openFolder,
  openJudgesFor,
  openModelFor,
  planRuns,
  storedOptions,
  type OpenedFolder,
  type PlannedRun,
  type PlannedRuns,
} from "../../run/start.ts";
import { suiteResults } from "../../run/suites.ts";
import { printable } from "../terminal/printable.ts";
import { collectYoung } from "./collect-young.ts";
import type { RunFlags } from "./flags.ts";
import { EXIT_INTERRUPTED, interruptSignal } from "./interrupt.ts";
import { allowsErrors, resumedOptionsOf, runOptionsOf } from "./options.ts";
import { createProgress } from "./progress/create.ts";
import type { Progress } from "./progress/progress.ts";
import { printResults, type RunOutcome } from "./results-table.ts";

const note = (text: string) => void process.stderr.write(`${text}\n`);

/** Returns the exit code. */
export async function runFromFlags(flags: RunFlags): Promise<number> {
  collectYoung();
  if (flags.dryRun) return (await import("./dry-run.ts")).dryRunFromFlags(flags);
  if (flags.check) return (await import("./check.ts")).checkFromFlags(flags);
  allowsErrors(flags.allowErrors, 0, 0);
  let progress: Progress | undefined;
  using interrupt = interruptSignal((text) => (progress ? progress.line(text) : note(text)));
  const outcomes: RunOutcome[] = [];
  const planned = await plannedRuns(flags);
  try {
    for (const { run, open } of planned.runs) {
      // Before the folder is made: a missing engine or key leaves nothing behind.
      await requireSandboxes(run.plan, run.options.dockerHosts);
      await using model = await openModelFor(run, { out: flags.out, note: (line) => note(printable(line)) });
      await using judges = await openJudgesFor(run.plan);
      const opened = await open();
      for (const warning of familyWarnings(
        judges.all.map(({ spec }) => spec.id),
        run.options.model,
      ))
        note(warning);
      for (const line of opened.notes) note(line);
      using current = createProgress();
      progress = current;
      outcomes.push(await execute(run, opened, { model, judges }, { signal: interrupt.signal, progress: current }));
      if (interrupt.signal.aborted) break;
    }
  } finally {
    progress = undefined;
    const suites = suiteResults(
      planned.suites,
      outcomes.flatMap(({ result }) => result.tasks),
    );
    if (outcomes.length > 0) printResults(outcomes, suites, { isJson: flags.json === true });
    for (const { result } of outcomes) if (result.status !== "completed") note(`To go on: ${commandToGoOn(result, planned)}`);
  }
  return interrupt.signal.aborted ? EXIT_INTERRUPTED : exitCode(outcomes, flags);
}

/** A run all of whose trials have ended has nothing to resume: what its judges were not asked is left. */
function commandToGoOn({ path, counts }: RunOutcome["result"], { runs }: Planned): string {
  if (counts.completed + counts.limit < counts.planned) return `assay run --resume ${path}`;
  const judged = runs.flatMap(({ run }) => run.plan.tasks.flatMap(({ task }) => task.task.scorers)).find(({ judge }) => judge);
  return `assay rescore ${path} --scorer ${judged?.name ?? "NAME"}`;
}

interface Planned {
  runs: { run: PlannedRun; open: () => Promise<OpenedFolder> }[];
  suites: PlannedRuns["suites"];
}

async function plannedRuns(flags: RunFlags): Promise<Planned> {
  if (flags.resume !== undefined) {
    const path = await findRun(flags.resume, flags.out);
    const options = resumedOptionsOf(await storedOptions(path), flags);
    const { runs, suites } = await planRuns(options, options.harness === undefined ? [] : [options.harness]);
    return { suites, runs: runs.map((run) => ({ run, open: () => continueRun(path, run) })) };
  }
  const options = runOptionsOf(flags);
  const command = process.argv.slice(2);
  const { runs, suites } = await planRuns(options, flags.harness);
  return {
    suites,
    runs: runs.map((run) => ({ run, open: () => openFolder(run, { out: flags.out, command, isNew: flags.new === true }) })),
  };
}

async function execute(
  run: PlannedRun,
  opened: OpenedFolder,
  { model, judges }: { model: ModelClient; judges: OpenedJudges },
  { signal, progress }: { signal: AbortSignal; progress: Progress },
): Promise<RunOutcome> {
  await using folder = opened.folder;
  let worst: Example | undefined;
  let warned: Prediction | undefined;
  try {
    const result = await executeRun({
      plan: run.plan,
      suites: run.suites,
      options: run.options,
      folder,
      model,
      judges,
      signal,
      onStart: (status) => progress.start(status),
      onTrial: (row, status) => {
        worst = worseOf(worst, row);
        if (row.warnings) warned ??= row;
        progress.trial(row, status);
      },
      onProgress: (line) => progress.line(line),
    });
    if (warned) progress.line(printable(`Warning of ${warned.trialId}: ${warned.warnings?.[0]} (assay replay shows every trial’s.)`));
    const { stopReason } = folder.record;
    if (stopReason !== undefined) progress.line(`Stopped: ${stopReason}. A resume may be given another limit.`);
    return { result, ...(worst && { example: worst }) };
  } catch (error) {
    if (!(error instanceof AssayError) || error.code === "run/format" || error.hint?.includes("--resume")) throw error;
    const hint = `${error.hint ?? ""} Then go on with: assay run --resume ${folder.path}`.trim();
    throw new AssayError(error.code, error.message, { hint, cause: error });
  }
}

type Example = NonNullable<RunOutcome["example"]> & { rank: number };

/** The trial most worth a look: one in error, else one that could not be scored, else one that scored 0; the first of its kind. */
function worseOf(known: Example | undefined, row: Prediction): Example | undefined {
  const unscored = row.scores.find((score) => score.value === null);
  const zero = row.scores.find((score) => score.value === 0);
  const [rank, why] = row.error
    ? [3, `ended in error: ${row.error.code}`]
    : unscored
      ? [2, `${unscored.name} unscored: ${unscored.reason ?? "no reason given"}`]
      : [zero ? 1 : 0, `${zero?.name} 0`];
  return rank > (known?.rank ?? 0) ? { trialId: row.trialId, why, rank } : known;
}

function exitCode(outcomes: readonly RunOutcome[], flags: RunFlags): number {
  const errors = outcomes.reduce((sum, { result }) => sum + result.counts.error, 0);
  const planned = outcomes.reduce((sum, { result }) => sum + result.counts.planned, 0);
  return allowsErrors(flags.allowErrors, errors, planned) ? 0 : 1;
}
