/** Scores the trials of a pass, so many at once, each where its snapshot's image is. */
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
import { scoringSlots } from "../scoring-slots.ts";
import { sealed, wantedSandbox } from "../start-sandbox.ts";
import type { PassTrial } from "./pass-trials.ts";
import type { PlannedPass } from "./plan-pass.ts";
import { scoreAgain, type Judging } from "./score-again.ts";
import { PassStopped } from "./spending.ts";

export interface Work {
  runPath: string;
  runId: string;
  pass: OpenedScorePass;
  judging: Judging | undefined;
  /** Docker hosts in place of those on which the trials ran. */
  hosts: readonly string[];
  signal: AbortSignal;
  onProgress: (line: string) => void;
  /** A line that is on disk now. */
  onScored: (line: Rescored) => void;
  /** A trial that could not be scored for a reason that is not its own: the same command tries it again. */
  onFailed: (failed: { trialId: string; reason: string; hint?: string }) => void;
}

/** Throws where the pass cannot be written; then nothing runs any more. */
export async function scoreTrials(planned: PlannedPass, trials: AsyncIterable<PassTrial>, work: Work): Promise<void> {
  const usesSandbox = (planned.scorer.sandbox ?? "none") !== "none";
  await using places = new Places(planned, work);
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  const queue = usesSandbox ? scoringSlots() : new PQueue({ concurrency: DEFAULTS.judgedTrials });
  const fail = (error: unknown) => void stop.abort(error);
  try {
    for await (const trial of trials) {
      // Pull, never push: memory must not grow with the number of trials.
      await queue.onSizeLessThan(1);
      if (signal.aborted || work.judging?.spending.stopReason !== undefined) break;
      void queue.add(() => scoreOne(planned, trial, { ...work, signal, places })).catch(fail);
    }
  } finally {
    // No sandbox may be started, or be in use, when the backends close.
    if (signal.aborted) queue.clear();
    await queue.onIdle();
  }
  if (stop.signal.aborted) throw stop.signal.reason;
}

async function scoreOne({ scorer, hosts: stored }: PlannedPass, trial: PassTrial, work: Work & { places: Places }): Promise<void> {
  const { runPath, runId, pass, judging, signal, onProgress, onScored, onFailed, places } = work;
  if (signal.aborted) return;
  const { row, planned } = trial;
  const owner = { runId, trialId: row.trialId, attempt: row.attempt };
  const startedAt = performance.now();
  const scoring = scoreAgain(scorer, {
    ...trial,
    runPath,
    judging,
    start: async ({ snapshot, isSealed = false } = {}) => {
      const { definition, spec: wanted } = wantedSandbox(planned);
      const spec = isSealed ? sealed(wanted) : wanted;
      const backend = await places.backend(definition.name, work.hosts.length > 0 ? work.hosts : hostsOf(row, planned, stored));
      return backend.start(withSecrets(spec), { owner, signal, onProgress, ...(snapshot && { snapshot }) });
    },
    signal,
  });
  const score = await scoring.catch((error: unknown) => {
    if (signal.aborted || error instanceof PassStopped) return;
    const { code, message, hint } = toAssayError(error);
    if (code === "run/disk" || code === "config/invalid" || code === "sandbox/unavailable") throw error;
    onFailed({ trialId: row.trialId, reason: pass.clean(message), ...(hint !== undefined && { hint }) });
  });
  if (!score) return;
  const before = row.scores.find(({ name }) => name === scorer.name)?.value;
  const durationMs = Math.round(performance.now() - startedAt);
  const line = { trialId: row.trialId, attempt: row.attempt, task: row.task, score, ...(before !== undefined && { before }), durationMs };
  onScored(await pass.add(line));
}

/** Where the trial's own sandbox ran: the image of its snapshot need not be anywhere else. */
function hostsOf({ host }: Prediction, planned: PlannedTrial, stored: readonly string[]): readonly string[] {
  if (host === undefined || !wantedSandbox(planned).definition.takesHosts) return stored;
  return [stored.find((named) => isSameHost(named, host)) ?? host];
}

/** The backends of a pass, opened where the first trial of a place needs one. */
class Places implements AsyncDisposable {
  readonly #planned: PlannedPass;
  readonly #onProgress: (line: string) => void;
  readonly #scope = new AsyncDisposableStack();
  readonly #opening = new Map<string, Promise<ReadonlyMap<string, SandboxBackend>>>();

  constructor(planned: PlannedPass, { onProgress }: Pick<Work, "onProgress">) {
    this.#planned = planned;
    this.#onProgress = onProgress;
  }

  async backend(name: string, hosts: readonly string[]): Promise<SandboxBackend> {
    const place = hosts.join(" ");
    let opening = this.#opening.get(place);
    if (!opening) this.#opening.set(place, (opening = this.#open(hosts)));
    const backend = (await opening).get(name);
    if (!backend) throw new AssayError("internal/bug", `The pass has not opened the sandbox ${name}.`);
    return backend;
  }

  async #open(hosts: readonly string[]): Promise<ReadonlyMap<string, SandboxBackend>> {
    await requireSandboxes(this.#planned.plan, hosts);
    return this.#scope.use(await openBackends(this.#planned.plan, hosts, this.#onProgress)).byName;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}
