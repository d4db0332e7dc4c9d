/** Checks a task itself: every reference solution scores 1, doing nothing scores 0, each time it is tried. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Prediction, RunResult } from "../core/record.ts";
import type { RunOptions } from "./options.ts";
import { requireSandboxes } from "./backends.ts";
import { executeRun } from "./run.ts";
import { openFolder, openJudgesFor, openModelFor, planRuns, type PlannedRun } from "./start.ts";
import type { RunStatus } from "./status.ts";

/** Who plays, and what each of its trials has to score. */
const PLAYERS = { oracle: { model: "mock/oracle", expected: 1 }, noop: { model: "mock/noop", expected: 0 } } as const;
type Player = keyof typeof PLAYERS;

export interface CheckFailure {
  task: string;
  harness: string;
  instanceId: string;
  player: Player;
  /** Trials that scored as expected, of those tried. */
  passed: number;
  tried: number;
  /** What the first trial that did not score as expected did instead. */
  why: string;
  trialId: string;
  runPath: string;
}

export interface CheckedTask {
  task: string;
  harness: string;
  instances: number;
  failures: CheckFailure[];
}

export interface CheckReport {
  isOk: boolean;
  repeat: number;
  tasks: CheckedTask[];
  /** The folder of the runs; null where all went well and it is gone. */
  keptIn: string | null;
}

export interface CheckRequest {
  options: RunOptions;
  harnesses: readonly string[];
  repeat: number;
  signal: AbortSignal;
  onStart: (status: RunStatus) => Disposable;
  onTrial: (row: Prediction, status: RunStatus) => void;
  onProgress: (line: string) => void;
}

/** Runs both players into a temporary folder, which stays only where something failed. */
export async function checkTasks(request: CheckRequest): Promise<CheckReport> {
  const out = await mkdtemp(join(tmpdir(), "assay-check-"));
  let isOk = false;
  try {
    const tasks = new Map<string, CheckedTask>();
    for (const player of Object.keys(PLAYERS) as Player[]) {
      const options = { ...request.options, model: PLAYERS[player].model, epochs: request.repeat };
      for (const run of (await planRuns(options, request.harnesses)).runs) await checkRun(request, player, run, out, tasks);
      request.signal.throwIfAborted();
    }
    isOk = [...tasks.values()].every((task) => task.failures.length === 0);
    return { isOk, repeat: request.repeat, tasks: [...tasks.values()], keptIn: isOk ? null : out };
  } finally {
    if (isOk || request.signal.aborted) await rm(out, { recursive: true, force: true });
  }
}

async function checkRun(
  request: CheckRequest,
  player: Player,
  run: PlannedRun,
  out: string,
  tasks: Map<string, CheckedTask>,
): Promise<void> {
  const rows: Prediction[] = [];
  const result = await playRun(request, run, out, rows);
  for (const { task, instances } of run.plan.tasks) {
    const harness = run.plan.harness.name;
    const key = JSON.stringify([task.spec, harness]);
    const checked = tasks.get(key) ?? { task: task.spec, harness, instances: instances.length, failures: [] };
    tasks.set(key, checked);
    const scorer = task.metrics.find((metric) => metric.name === task.primaryMetric)?.score ?? "";
    for (const { instance } of instances) {
      const own = rows.filter((row) => row.task === task.spec && row.instanceId === instance.id);
      const wrong = own.filter((row) => scoreOf(row, scorer) !== PLAYERS[player].expected).sort((a, b) => a.epoch - b.epoch);
      const [first] = wrong;
      if (first)
        checked.failures.push({
          task: task.spec,
          harness,
          instanceId: instance.id,
          player,
          passed: own.length - wrong.length,
          tried: own.length,
          why: whyOf(first, scorer),
          trialId: first.trialId,
          runPath: result.path,
        });
    }
  }
}

async function playRun(request: CheckRequest, run: PlannedRun, out: string, rows: Prediction[]): Promise<RunResult> {
  const { folder: opened } = await openFolder(run, { out, command: ["run", "--check"], isNew: true });
  await using folder = opened;
  await using model = await openModelFor(run, { out });
  await using judges = await openJudgesFor(run.plan);
  using scope = new DisposableStack();
  await requireSandboxes(run.plan, run.options.dockerHosts);
  return await executeRun({
    plan: run.plan,
    suites: run.suites,
    options: run.options,
    folder,
    model,
    judges,
    signal: request.signal,
    onStart: (status) => void scope.use(request.onStart(status)),
    onTrial: (row, status) => {
      rows.push(row);
      request.onTrial(row, status);
    },
    onProgress: request.onProgress,
  });
}

function scoreOf(row: Prediction, scorer: string): number | null {
  return row.scores.find((score) => score.name === scorer)?.value ?? null;
}

function whyOf(row: Prediction, scorer: string): string {
  const score = row.scores.find((candidate) => candidate.name === scorer);
  if (row.error) return `${row.error.code}: ${row.error.message}`;
  if (!score || score.value === null) return `unscored: ${score?.reason ?? row.status}`;
  const met = row.limit === undefined ? "" : ` at the limit ${row.limit}`;
  return `scored ${score.value}${met}${score.explanation === undefined ? "" : `: ${score.explanation}`}`;
}
