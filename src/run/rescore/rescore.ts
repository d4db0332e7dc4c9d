/** Runs a scorer again over the trials of a stored run, and writes the scores as a pass of their own. The model is never opened. */
import type { Prediction, Rescored } from "../../core/record.ts";
import { secretsIn } from "../../core/secrets.ts";
import { finalPredictions, readRunRecord } from "../../store/run-record.ts";
import { openScorePass } from "../../store/score-pass.ts";
import { sandboxSecrets } from "../sandbox-secrets.ts";
import { planPass } from "./plan-pass.ts";
import { scoreTrials } from "./score-trials.ts";

export interface RescoreRequest {
  /** Of the run folder. */
  path: string;
  scorer: string;
  /** Docker hosts in place of those on which the trials ran. */
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
  /** Trials whose sandbox could not be started or broke: the same command tries them again. */
  failed: { trialId: string; reason: string; hint?: string }[];
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
  if (left.length > 0) await scoreTrials(planned, left, { pass, result, hosts, signal, onProgress });
  return result;
}

function keyOf({ trialId, attempt }: Pick<Prediction, "trialId" | "attempt">): string {
  return `${trialId}#${attempt}`;
}
