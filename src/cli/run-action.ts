/** What `assay run` does: plan, execute, print. */
import { AssayError } from "../core/errors.ts";
import type { RunResult } from "../core/record.ts";
import { findRun } from "../run/find-run.ts";
import { executeRun } from "../run/run.ts";
import { continueRun, openFolder, openModelFor, planRuns, storedOptions, type OpenedFolder, type PlannedRun } from "../run/start.ts";
import { createProgress } from "./progress.ts";
import { printResults } from "./results-table.ts";
import { allowsErrors, runOptionsOf } from "./run-options.ts";
import type { RunFlags } from "./run.ts";

const note = (text: string) => void process.stderr.write(`${text}\n`);

/** Returns the exit code. */
export async function runFromFlags(flags: RunFlags): Promise<number> {
  allowsErrors(flags.allowErrors, 0, 0);
  using interrupt = interruptSignal();
  const results: RunResult[] = [];
  try {
    for (const { run, open } of await plannedRuns(flags)) {
      results.push(await execute(run, await open(), interrupt.signal, flags));
      if (interrupt.signal.aborted) break;
    }
  } finally {
    if (results.length > 0 || !flags.json) printResults(results, { isJson: flags.json === true });
  }
  return exitCode(results, flags, interrupt.signal.aborted);
}

interface Planned {
  run: PlannedRun;
  open: () => Promise<OpenedFolder>;
}

async function plannedRuns(flags: RunFlags): Promise<Planned[]> {
  if (flags.resume !== undefined) {
    const path = await findRun(flags.resume, flags.out);
    const options = await storedOptions(path);
    const runs = await planRuns(options, options.harness === undefined ? [] : [options.harness]);
    return runs.map((run) => ({ run, open: () => continueRun(path, run) }));
  }
  const options = runOptionsOf(flags);
  const command = process.argv.slice(2);
  const runs = await planRuns(options, flags.harness);
  return runs.map((run) => ({ run, open: () => openFolder(run, { out: flags.out, command, isNew: flags.new === true }) }));
}

async function execute(run: PlannedRun, opened: OpenedFolder, signal: AbortSignal, flags: RunFlags): Promise<RunResult> {
  await using folder = opened.folder;
  await using model = await openModelFor(run.options);
  for (const line of opened.notes) note(line);
  using progress = createProgress();
  try {
    const result = await executeRun({
      plan: run.plan, suites: run.suites, options: run.options, folder, model, signal,
      onStart: (status) => progress.start(status),
      onTrial: (row, status) => progress.trial(row, status),
      onProgress: (line) => progress.line(line),
    });
    if (result.status !== "completed") note(`To go on: assay run --resume ${folder.path}`);
    return result;
  } catch (error) {
    if (error instanceof AssayError) throw new AssayError(error.code, error.message, { hint: `${error.hint ?? ""} Then go on with: assay run --resume ${folder.path}`.trim(), cause: error });
    throw error;
  }
}

/** Aborted by the first Ctrl-C (or SIGTERM); the second ends the process at once. */
function interruptSignal(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    note("Stopping: running trials are cancelled and cleaned up. Press Ctrl-C again to leave at once.");
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal) };
}

function exitCode(results: readonly RunResult[], flags: RunFlags, isInterrupted: boolean): number {
  if (isInterrupted) return 130;
  const errors = results.reduce((sum, result) => sum + result.counts.error, 0);
  const planned = results.reduce((sum, result) => sum + result.counts.planned, 0);
  return allowsErrors(flags.allowErrors, errors, planned) ? 0 : 1;
}
