/** Runs a plan into a run folder: every trial that is not finished yet, in order, as many at once as allowed. */
import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import { DEFAULTS } from "../core/defaults.ts";
import { AssayError, endsAtLeast } from "../core/errors.ts";
import { plainJson } from "../core/json.ts";
import { isFinished, type Prediction, type RunResult } from "../core/record.ts";
import type { ModelClient } from "../models/client.ts";
import type { RunFolder } from "../store/run-folder.ts";
import { finalPredictions } from "../store/run-record.ts";
import { openBackends, prepareSandboxes, pruneLeftovers } from "./backends.ts";
import type { RunContext } from "./context.ts";
import type { OpenedJudges } from "./judges/panel-of.ts";
import type { RunOptions } from "./options.ts";
import { trialsOf, type Plan, type PlannedTrial } from "./plan.ts";
import { Removals } from "./removals.ts";
import { createResults, type Results } from "./results.ts";
import { SandboxesAhead } from "./sandboxes-ahead.ts";
import { scoringSlots } from "./scoring-slots.ts";
import { startSandbox } from "./start-sandbox.ts";
import { StopControl } from "./stop.ts";
import { createStatus, type RunStatus } from "./status.ts";
import { suiteResults } from "./suites.ts";
import type { ResolvedSpecs } from "./resolve.ts";
import { runAttempt } from "./trial/trial.ts";

export interface Job {
  plan: Plan;
  suites: ResolvedSpecs["suites"];
  options: RunOptions;
  folder: RunFolder;
  model: ModelClient;
  judges: OpenedJudges;
  /** Aborted on Ctrl-C: no new trials start, running ones are cancelled and cleaned up. */
  signal: AbortSignal;
  onStart?: (status: RunStatus) => void;
  /** Called after a trial's row is on disk. */
  onTrial?: (row: Prediction, status: RunStatus) => void;
  onProgress?: (line: string) => void;
}

/** Runs to the end, or to the first thing that stops it. Throws what made the run impossible; what was done stays on disk. */
export async function executeRun(job: Job): Promise<RunResult> {
  const { plan, folder, options, onProgress = () => {} } = job;
  const unpriced = [job.model, ...job.judges.all.map(({ client }) => client)].find(({ isPriced }) => !isPriced);
  if (options.maxCostUsd !== undefined && unpriced) {
    throw new AssayError("usage/bad-option", `--max-cost ${options.maxCostUsd}: the price of ${unpriced.spec.text} is not known.`, {
      hint: "Give it in a file that ASSAY_PRICES names (docs/models.md#prices), or use --max-tokens.",
    });
  }
  const results = createResults(plan.tasks);
  await takeInFinished(folder, results);
  const stop = new StopControl(job.signal, options, results);
  folder.failed.addEventListener("abort", () => stop.fail(folder.failed.reason), { once: true });
  await using judgeReplies = await folder.openJudgeReplies();
  const backends = await openBackends(plan, options.dockerHosts, onProgress);
  await using _backends = backends;
  const pruned = pruneLeftovers(backends.byName, onProgress);
  const status = createStatus({ runId: folder.record.runId, tasks: plan.tasks, results, model: job.model });
  const sandboxes = await prepareSandboxes(plan, backends.byName, stop.signal, onProgress);
  await folder.updateRecord({ status: "running", sandbox: sandboxes, stopReason: undefined });
  job.onStart?.(status);
  const shared = {
    runId: folder.record.runId,
    model: job.model,
    judges: job.judges,
    judgeReplies,
    folder,
    backends: backends.byName,
    status,
    signal: stop.signal,
    stop,
    sandboxSlots: new PQueue({ concurrency: DEFAULTS.sandboxStartsAtOnce }),
    scoringSlots: scoringSlots(),
    lookSlots: scoringSlots(),
    removals: new Removals(),
    onProgress,
    trialRetries: options.retries,
    keepsSnapshots: options.keepSnapshot,
  };
  const ahead = new SandboxesAhead({
    start: (planned, signal) => startSandbox(shared, planned, folder.nextAttempt(planned.trialId), signal),
    remove: (sandbox) => void shared.removals.add(async () => sandbox[Symbol.asyncDispose]()),
    stopping: stop.stopping,
  });
  try {
    await runTrials(job, { ...shared, ahead }, results, stop);
  } finally {
    stop.end();
    await ahead[Symbol.asyncDispose]();
    await shared.removals.settled();
    await pruned;
  }
  const result = await finish(job, results, stop, status.startedAt);
  if (stop.failure) throw stop.failure;
  return result;
}

/** Counts what an earlier command finished. */
async function takeInFinished(folder: RunFolder, results: Results): Promise<void> {
  for await (const row of finalPredictions(folder.path)) {
    if (isFinished(row)) results.addResumed(row);
  }
}

async function runTrials(job: Job, context: RunContext, results: Results, stop: StopControl): Promise<void> {
  const queue = new PQueue({ concurrency: trialsAtOnce(job) });
  const waitingAtMost = Math.min(DEFAULTS.sandboxesAhead, queue.concurrency);
  for (const planned of job.plan.tasks) {
    for (const trial of trialsOf(planned)) {
      if (results.isFinished(planned.task.spec, trial.index)) continue;
      // Pull, never push: a hundred thousand waiting closures would be memory for nothing.
      await queue.onSizeLessThan(waitingAtMost);
      if (stop.isStopping) break;
      if (queue.pending >= queue.concurrency) context.ahead.begin(trial);
      void queue.add(() => runTrial(job, context, results, stop, trial)).catch((error: unknown) => stop.fail(error));
    }
  }
  await queue.onIdle();
}

function trialsAtOnce({ options, plan }: Job): number {
  if (options.concurrency !== undefined) return options.concurrency;
  const hasAgents = plan.tasks.some(({ execution }) => execution.sandbox?.isPerTrial);
  return hasAgents ? Math.min(DEFAULTS.agentTrialsMax, DEFAULTS.agentTrialsPerCore * availableParallelism()) : DEFAULTS.directTrials;
}

async function runTrial(job: Job, context: RunContext, results: Results, stop: StopControl, trial: PlannedTrial): Promise<void> {
  if (stop.isStopping) return;
  context.status.begin(trial.trialId);
  const first = context.folder.nextAttempt(trial.trialId);
  for (let attempt = first; ; attempt++) {
    let isCommitted = false;
    const row = await runAttempt(context, trial, attempt, async (finished) => {
      const isLast = finished.status !== "error" || attempt - first >= context.trialRetries || isFinal(finished);
      if (!isLast && !context.signal.aborted) return;
      isCommitted = true;
      await context.folder.commit(finished);
    });
    if (!isCommitted) continue;
    results.add(row);
    context.status.end(row);
    stop.note(row);
    job.onTrial?.(row, context.status);
    return;
  }
}

/** Whether another attempt would meet the same error. */
function isFinal(row: Prediction): boolean {
  return row.error !== undefined && endsAtLeast(row.error.code, "trial");
}

async function finish(job: Job, results: Results, stop: StopControl, startedAt: number): Promise<RunResult> {
  const { folder, plan, model, options } = job;
  const isDone = results.counts.completed + results.counts.limit === results.counts.planned;
  const failure = stop.failure instanceof Error ? stop.failure.message : undefined;
  const tasks = results.tasks();
  // Judges may have been stopped although every trial has ended.
  const isJudged = job.judges.all.length === 0 || tasks.every(({ unscored }) => unscored === 0);
  const stopReason = isDone && isJudged ? undefined : (stop.reason ?? (isDone ? undefined : failure));
  const status =
    stopReason !== undefined && stop.reason !== undefined ? "stopped" : !isDone && stop.isStopping ? "interrupted" : "completed";
  const durationMs = Math.round(folder.record.durationMs + performance.now() - startedAt);
  const result: RunResult = {
    runId: folder.record.runId,
    path: folder.path,
    status,
    model: model.spec.text,
    harness: plan.harness.name,
    counts: results.counts,
    usage: results.usage,
    ...(results.judging.calls > 0 && { judging: results.judging }),
    ...(options.keepSnapshot && { snapshots: results.snapshots }),
    durationMs,
    tasks,
    ...(stopReason !== undefined && { stopReason }),
    ...(job.suites.length > 0 && { suites: suiteResults(job.suites, tasks) }),
  };
  await folder.writeMetrics(plainJson(result));
  await folder.updateRecord({
    status,
    endedAt: new Date().toISOString(),
    counts: results.counts,
    durationMs,
    stopReason,
    concurrency: [...model.concurrencyHistory],
  });
  return result;
}
