/** Runs a scorer again over the trials of a stored run, and writes the scores as a pass of their own. The model is never opened. */
import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError, toAssayError } from "../../core/errors.ts";
import type { Prediction, Rescored } from "../../core/record.ts";
import { secretsIn } from "../../core/secrets.ts";
import { finalPredictions, readRunRecord } from "../../store/run-record.ts";
import { openScorePass, type OpenedScorePass } from "../../store/score-pass.ts";
import { openBackends, requireSandboxes } from "../backends.ts";
import { sandboxSecrets, withSecrets } from "../sandbox-secrets.ts";
import { wantedSandbox } from "../start-sandbox.ts";
import { planPass, type PlannedPass } from "./plan-pass.ts";
import { scoreAgain } from "./score-again.ts";

export interface RescoreRequest {
  /** Of the run folder. */
  path: string;
  scorer: string;
  /** Docker hosts in place of the machine's own. */
  hosts: readonly string[];
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

export interface RescoreResult {
  runId: string;
  path: string;
  scorer: string;
  pass: string;
  /** The file of the pass, relative to the run folder. */
  file: string;
  /** Nothing was left to do: the same pass was finished before. */
  wasFinished: boolean;
  /** How many were scored before this command. */
  resumed: number;
  trials: Rescored[];
  /** Trials whose sandbox broke: the same command tries them again. */
  failed: { trialId: string; reason: string }[];
}

export async function rescore({ path, scorer, hosts, signal, onProgress }: RescoreRequest): Promise<RescoreResult> {
  const { runId } = await readRunRecord(path);
  const planned = await planPass(path, scorer);
  const rows: Prediction[] = [];
  for await (const row of finalPredictions(path)) {
    if ((row.status === "completed" || row.status === "limit") && planned.trials.has(row.trialId)) rows.push(row);
  }
  await using pass = await openScorePass(path, planned.pass, { secrets: [...secretsIn(process.env), ...sandboxSecrets(planned.plan)] });
  const known = new Set(pass.done.map(keyOf));
  const left = rows.filter((row) => !known.has(keyOf(row)));
  const result: RescoreResult = {
    runId,
    path,
    scorer,
    pass: planned.pass.pass,
    file: pass.name,
    wasFinished: left.length === 0,
    resumed: pass.done.length,
    trials: [...pass.done],
    failed: [],
  };
  if (left.length > 0) await scoreAll(planned, left, { pass, result, hosts, signal, onProgress });
  return result;
}

interface Work extends Pick<RescoreRequest, "hosts" | "signal" | "onProgress"> {
  pass: OpenedScorePass;
  result: RescoreResult;
}

async function scoreAll(
  { plan, trials }: PlannedPass,
  rows: readonly Prediction[],
  { pass, result, hosts, signal, onProgress }: Work,
): Promise<void> {
  await requireSandboxes(plan, hosts);
  await using backends = await openBackends(plan, hosts, onProgress);
  const queue = new PQueue({ concurrency: DEFAULTS.scoringPerCore * availableParallelism() });
  const scoreOne = async (row: Prediction): Promise<void> => {
    if (signal.aborted) return;
    const planned = trials.get(row.trialId);
    const scorer = planned?.task.task.scorers.find(({ name }) => name === result.scorer);
    if (!planned || !scorer) throw new AssayError("internal/bug", `Trial ${row.trialId} was not planned.`);
    const { definition, spec } = wantedSandbox(planned);
    const backend = backends.byName.get(definition.name);
    if (!backend) throw new AssayError("internal/bug", `The sandbox ${definition.name} was not opened.`);
    const owner = { runId: result.runId, trialId: row.trialId, attempt: row.attempt };
    const startedAt = performance.now();
    try {
      const score = await scoreAgain(scorer, {
        runPath: result.path,
        planned,
        row,
        start: (snapshot) => backend.start(withSecrets(spec), { owner, signal, onProgress, ...(snapshot && { snapshot }) }),
        signal,
      });
      const before = row.scores.find(({ name }) => name === scorer.name)?.value ?? null;
      const durationMs = Math.round(performance.now() - startedAt);
      const line: Rescored = { trialId: row.trialId, attempt: row.attempt, task: row.task, score, before, durationMs };
      await pass.add(line);
      result.trials.push(line);
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toAssayError(error);
      if (code === "run/disk") throw error;
      result.failed.push({ trialId: row.trialId, reason: message });
    }
  };
  await queue.addAll(rows.map((row) => () => scoreOne(row)));
}

function keyOf({ trialId, attempt }: Pick<Prediction, "trialId" | "attempt">): string {
  return `${trialId}#${attempt}`;
}
