/** One attempt at one trial, as a straight line: sandbox → scaffold → score → record. */
import { AssayError, toAssayError } from "../../core/errors.ts";
import { LimitReached } from "../../core/limits.ts";
import { isFinished, type Prediction } from "../../core/record.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Snapshot } from "../../core/sandbox-snapshot.ts";
import type { Score } from "../../core/score.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";
import type { RunContext } from "../context.ts";
import type { PlannedTrial } from "../plan.ts";
import { startSandbox, wantedSandbox } from "../start-sandbox.ts";
import { RunStopped } from "../stop.ts";
import { Budget } from "./budget.ts";
import { FileCaptures } from "./capture/captures.ts";
import { deadlineSignal } from "./deadline.ts";
import { prepareWorkdir } from "./files.ts";
import { createHandle, type RunningTrial } from "./handle.ts";
import { recordedSandbox } from "./recorded-sandbox.ts";
import { liveSandbox } from "./sandbox-life.ts";
import { scoreTrial } from "./scoring.ts";
import { identityOf } from "./identity.ts";
import { closeRecord } from "./row.ts";
import { keepSnapshot } from "./snapshot.ts";

/** How a part of an attempt ended. */
export type Ending =
  | { status: "completed" }
  | { status: "limit"; reached: LimitReached }
  | { status: "cancelled" }
  | { status: "error"; error: AssayError };

export interface Attempt {
  context: RunContext;
  planned: PlannedTrial;
  number: number;
  recorder: TrialRecorder;
  budget: Budget;
  startedAt: Date;
  /** Of its sandboxes. */
  removals: Promise<void>[];
  doing: (what: string) => void;
}

/**
 * Runs one attempt. `commit` is given the finished row while the sandbox still lives and decides whether it counts:
 * an attempt that will be tried again is not committed.
 */
export async function runAttempt(
  context: RunContext,
  planned: PlannedTrial,
  number: number,
  commit: (row: Prediction) => Promise<void>,
): Promise<Prediction> {
  const { execution } = planned;
  const isSingleCall = execution.sandbox === undefined && execution.scaffold.toolStyle === "none";
  const attempt: Attempt = {
    context,
    planned,
    number,
    recorder: context.folder.openTrial({ trialId: planned.trialId, attempt: number, kind: isSingleCall ? "block" : "stream" }),
    budget: new Budget(execution.limits),
    startedAt: new Date(),
    removals: [],
    doing: (what) => context.status.doing(planned.trialId, what),
  };
  // Its sandboxes end while the next trials run: their last events follow the row.
  await using closing = new AsyncDisposableStack();
  closing.defer(() => void context.removals.until(Promise.all(attempt.removals).then(() => attempt.recorder.close())));
  await using scope = new AsyncDisposableStack();
  using deadline = deadlineSignal(context.signal, execution.limits.timeMs);
  const { ending, ...outcome } = await play(attempt, scope, deadline.signal);
  const row = await closeRecord(attempt, ending, outcome);
  await commit(row);
  return row;
}

async function play(attempt: Attempt, scope: AsyncDisposableStack, signal: AbortSignal) {
  const { context, planned, recorder } = attempt;
  recordStart(attempt);
  let trial: RunningTrial | undefined;
  let sandbox: Sandbox | undefined;
  let files: FileCaptures | undefined;
  let ending: Ending;
  let scores: Score[] = [];
  try {
    if (planned.execution.sandbox?.isPerTrial) sandbox = scope.use(await openSandbox(attempt, signal));
    if (sandbox)
      await prepareWorkdir(
        recordedSandbox(sandbox, recorder, () => ({ phase: "setup" })),
        planned.instance,
        signal,
      );
    files = sandbox && startCaptures(attempt, sandbox);
    trial = await openConversation(attempt, { sandbox, files }, scope, signal);
    await planned.execution.scaffold.run(trial);
    ending = { status: "completed" };
  } catch (error) {
    ending = endingOf(error, signal);
  }
  recordEnding(recorder, ending, trial);
  await files?.finish();
  const isGraded = isFinished(ending);
  const snapshot = sandbox && isGraded && context.keepsSnapshots ? await keepSnapshot(attempt, sandbox) : undefined;
  const output = trial?.output() ?? null;
  if (isGraded) {
    try {
      scores = await scoreTrial({
        context,
        planned,
        recorder,
        output,
        sandbox,
        signal: context.signal,
        messages: () => trial?.messages() ?? planned.messages,
        attempt: attempt.number,
        startSandbox: (snapshot) => openSandbox(attempt, context.signal, { snapshot }),
        startSealed: (snapshot) => openSandbox(attempt, context.signal, { snapshot, isSealed: true }),
        doing: attempt.doing,
      });
    } catch (error) {
      ending = endingOf(error, context.signal);
      recordEnding(recorder, ending, undefined);
    }
  }
  const givenScores = isGraded ? await context.model.givenScores(identityOf(planned, attempt.number)) : undefined;
  return {
    ending,
    output,
    warnings: trial?.warnings() ?? [],
    scores,
    host: hostOf(sandbox),
    ...(givenScores && { givenScores }),
    ...(snapshot && { snapshot }),
  };
}

function hostOf(sandbox: Sandbox | undefined): string | undefined {
  const host = sandbox?.applied["host"];
  return typeof host === "string" ? host : undefined;
}

function recordStart({ planned, number, recorder, startedAt, context }: Attempt): void {
  const { trialId, epoch, instance, execution, sampling } = planned;
  recorder.event("trial.start", {
    trialId,
    task: planned.task.spec,
    instanceId: instance.id,
    epoch,
    attempt: number,
    model: context.model.spec.text,
    harness: execution.harness.name,
    startedAt: startedAt.toISOString(),
    ...(sampling.seed !== undefined && { seed: sampling.seed }),
  });
}

/** Takes the sandbox that was started ahead for the trial, or starts one; the wait for a turn is not working time. */
async function openSandbox(
  attempt: Attempt,
  signal: AbortSignal,
  from: { snapshot?: Snapshot | undefined; isSealed?: boolean } = {},
): Promise<Sandbox> {
  const { context, planned, number, recorder, budget, doing, removals } = attempt;
  const backend = wantedSandbox(planned).definition.name;
  doing("starting a sandbox");
  recorder.event("sandbox.start", { backend, phase: "begin" });
  const askedAt = performance.now();
  const ahead = from.snapshot ? undefined : await context.ahead.take(planned.trialId, signal);
  const started = ahead ?? (await startSandbox(context, planned, number, signal, from));
  budget.addWaited(Math.max(0, started.begunAt - askedAt));
  recorder.event("sandbox.start", {
    backend,
    phase: "ready",
    id: started.sandbox.id,
    applied: { ...started.sandbox.applied },
    durationMs: started.startMs,
    ...(ahead && { ahead: true }),
  });
  const { notEnforced } = started.sandbox.applied;
  if (notEnforced) recorder.event("log.line", { text: `Limits that this sandbox does not enforce: ${String(notEnforced)}.` });
  return liveSandbox(started, { backend, recorder, removals: context.removals, onRemoval: (end) => void removals.push(end) });
}

function startCaptures({ context, planned, recorder, budget }: Attempt, sandbox: Sandbox): FileCaptures {
  const captures = new FileCaptures({
    sandbox,
    recorder,
    folders: [sandbox.workdir, ...(planned.execution.sandbox?.spec.watch ?? [])],
    elapsedMs: () => budget.durationMs,
    signal: context.signal,
  });
  captures.start();
  return captures;
}

async function openConversation(
  attempt: Attempt,
  { sandbox, files }: { sandbox: Sandbox | undefined; files: FileCaptures | undefined },
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<RunningTrial> {
  const { context, planned, recorder, budget, doing } = attempt;
  const { execution } = planned;
  const model = await context.model.forTrial(identityOf(planned, attempt.number));
  let trial: RunningTrial | undefined;
  const recorded =
    sandbox &&
    recordedSandbox(sandbox, recorder, () => {
      const call = trial?.currentCall();
      return { phase: "tool", ...(call !== undefined && { call }) };
    });
  trial = createHandle({
    stop: context.stop,
    execution,
    request: planned.request,
    model,
    recorder,
    budget,
    sandbox: recorded,
    files,
    signal,
    scope,
    doing,
    sampling: planned.sampling,
  });
  for (const message of planned.messages) trial.say(message);
  return trial;
}

function endingOf(error: unknown, signal: AbortSignal): Ending {
  const cause = signal.aborted && !(error instanceof LimitReached) ? signal.reason : error;
  if (cause instanceof LimitReached) return { status: "limit", reached: cause };
  if (signal.aborted || error instanceof RunStopped) return { status: "cancelled" };
  return { status: "error", error: toAssayError(error) };
}

function recordEnding(recorder: TrialRecorder, ending: Ending, trial: RunningTrial | undefined): void {
  if (ending.status === "error") {
    const { code, message, hint } = ending.error;
    recorder.event("error.raised", { code, message, ...(hint !== undefined && { hint }) });
  }
  if (ending.status === "limit")
    recorder.event("limit.reached", { limit: ending.reached.limit, value: ending.reached.value, maximum: ending.reached.maximum });
  const output = trial?.output() ?? null;
  if (output !== null) recorder.event("answer.given", { text: recorder.content(output) });
}
