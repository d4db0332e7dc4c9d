/** Scores the trials of a pass, so many at once, each where its snapshot's image is. */
import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError, toAssayError } from "../../core/errors.ts";
import { isSameHost } from "../../core/host-address.ts";
import type { Prediction, Rescored } from "../../core/record.ts";
import type { SandboxBackend } from "../../core/sandbox.ts";
import type { OpenedScorePass } from "../../store/score-pass.ts";
import { openBackends, requireSandboxes } from "../backends.ts";
import type { PlannedTrial } from "../plan.ts";
import { withSecrets } from "../sandbox-secrets.ts";
import { wantedSandbox } from "../start-sandbox.ts";
import type { PlannedPass } from "./plan-pass.ts";
import type { RescoreRequest, RescoreResult } from "./rescore.ts";
import { scoreAgain } from "./score-again.ts";

interface Work extends Pick<RescoreRequest, "hosts" | "signal" | "onProgress"> {
  pass: OpenedScorePass;
  /** Filled as it goes. */
  result: RescoreResult;
}

type Backends = ReadonlyMap<string, SandboxBackend>;

interface Job {
  row: Prediction;
  planned: PlannedTrial;
  hosts: readonly string[];
}

/** Throws where the pass cannot be written; then nothing runs any more. */
export async function scoreTrials(planned: PlannedPass, rows: readonly Prediction[], work: Work): Promise<void> {
  const jobs = rows.map((row) => jobOf(row, planned, work.hosts));
  const places = new Map(jobs.map(({ hosts }) => [hosts.join(" "), hosts]));
  for (const hosts of places.values()) await requireSandboxes(planned.plan, hosts);
  await using scope = new AsyncDisposableStack();
  const backends = new Map<string, Backends>();
  for (const [place, hosts] of places) {
    backends.set(place, scope.use(await openBackends(planned.plan, hosts, work.onProgress)).byName);
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  const queue = new PQueue({ concurrency: DEFAULTS.scoringPerCore * availableParallelism() });
  try {
    await queue.addAll(jobs.map((job) => () => scoreOne(job, { ...work, signal, backends: backends.get(job.hosts.join(" ")) })));
  } catch (error) {
    // No sandbox may be started, or be in use, when the backends close.
    queue.clear();
    stop.abort(error);
    await queue.onIdle();
    throw error;
  }
}

function jobOf(row: Prediction, { trials, hosts: stored }: PlannedPass, given: readonly string[]): Job {
  const planned = trials.get(row.trialId);
  if (!planned) throw new AssayError("internal/bug", `Trial ${row.trialId} was not planned.`);
  return { row, planned, hosts: given.length > 0 ? given : hostsOf(row, planned, stored) };
}

/** Where the trial's own sandbox ran: the image of its snapshot need not be anywhere else. */
function hostsOf({ host }: Prediction, planned: PlannedTrial, stored: readonly string[]): readonly string[] {
  if (host === undefined || !wantedSandbox(planned).definition.takesHosts) return stored;
  return [stored.find((named) => isSameHost(named, host)) ?? host];
}

async function scoreOne({ row, planned }: Job, work: Work & { backends: Backends | undefined }): Promise<void> {
  const { pass, result, backends, signal, onProgress } = work;
  if (signal.aborted) return;
  const { definition, spec } = wantedSandbox(planned);
  const scorer = planned.task.task.scorers.find(({ name }) => name === result.scorer);
  const backend = backends?.get(definition.name);
  if (!scorer || !backend) throw new AssayError("internal/bug", `Trial ${row.trialId} has no scorer, or no sandbox was opened for it.`);
  const owner = { runId: result.runId, trialId: row.trialId, attempt: row.attempt };
  const startedAt = performance.now();
  const scoring = scoreAgain(scorer, {
    runPath: result.path,
    planned,
    row,
    start: (snapshot) => backend.start(withSecrets(spec), { owner, signal, onProgress, ...(snapshot && { snapshot }) }),
    signal,
  });
  const score = await scoring.catch((error: unknown) => {
    if (signal.aborted) return;
    const { message, hint } = toAssayError(error);
    result.failed.push({ trialId: row.trialId, reason: pass.clean(message), ...(hint !== undefined && { hint }) });
  });
  if (!score) return;
  const before = row.scores.find(({ name }) => name === scorer.name)?.value ?? null;
  const durationMs = Math.round(performance.now() - startedAt);
  const line: Rescored = { trialId: row.trialId, attempt: row.attempt, task: row.task, score, before, durationMs };
  result.trials.push(await pass.add(line));
}
