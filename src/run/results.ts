/** Gathers finished trials into results: a few numbers a trial, so memory stays flat. */
import { isFinished, type Counts, type JudgingUsage, type Prediction, type RunResult, type TaskResult } from "../core/record.ts";
import type { KeptSnapshot } from "../core/sandbox-snapshot.ts";
import type { MetricValue, QuestionScores, Score } from "../core/score.ts";
import { addJudging } from "./judges/usage-of.ts";
import type { PlannedTask } from "./plan.ts";

interface TaskScores {
  planned: PlannedTask;
  positions: Map<string, number>;
  /** By scorer name, and by `<scorer>.<part>` where a metric wants a part: one value a trial, NaN where missing, in the order of PlannedTrial.index. */
  values: Map<string, Float64Array>;
  /** 1 where a trial of this index is finished for good. */
  finished: Uint8Array;
}

export interface Results {
  readonly counts: Counts;
  readonly usage: RunResult["usage"];
  readonly judging: JudgingUsage;
  readonly snapshots: NonNullable<RunResult["snapshots"]>;
  /** Takes in a row that is final. */
  add(row: Prediction): void;
  /** The same for one that an earlier command finished: it counts as resumed too. */
  addResumed(row: Prediction): void;
  /** Takes in one score alone, of the trial of this index. */
  note(spec: string, index: number, score: Score): void;
  isFinished(spec: string, index: number): boolean;
  /** A metric as it stands now. */
  metric(spec: string, name: string): MetricValue | undefined;
  tasks(): TaskResult[];
}

export function createResults(tasks: readonly PlannedTask[]): Results {
  const bySpec = new Map(tasks.map((planned) => [planned.task.spec, emptyScores(planned)]));
  const counts: Counts = {
    planned: tasks.reduce((n, task) => n + task.instances.length * task.epochs, 0),
    completed: 0,
    limit: 0,
    error: 0,
    cancelled: 0,
    resumed: 0,
  };
  const usage: RunResult["usage"] = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  const judging: JudgingUsage = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };
  const snapshots: Results["snapshots"] = { kept: 0, atProvider: 0, missing: 0, bytes: 0, storedBytes: 0 };
  const metric = (spec: string, name: string) => {
    const scores = bySpec.get(spec);
    const found = scores?.planned.task.metrics.find((candidate) => candidate.name === name);
    return scores && found?.compute(questionsOf(scores, found.score));
  };
  /** Whether the row is of a planned trial. */
  const take = (row: Prediction): boolean => {
    const scores = bySpec.get(row.task);
    const position = scores?.positions.get(row.instanceId);
    if (!scores || position === undefined || row.epoch > scores.planned.epochs) return false;
    counts[row.status] += 1;
    addUsage(usage, row);
    if (row.judging) addJudging(judging, row.judging);
    if (row.snapshot) addSnapshot(snapshots, row.snapshot);
    if (isFinished(row)) noteScores(scores, row, (row.epoch - 1) * scores.planned.instances.length + position);
    return true;
  };
  return {
    counts,
    usage,
    judging,
    snapshots,
    metric,
    add: (row) => void take(row),
    addResumed(row) {
      if (take(row)) counts.resumed += 1;
    },
    note(spec, index, score) {
      const scores = bySpec.get(spec);
      if (scores) noteScores(scores, { scores: [score] }, index);
    },
    isFinished: (spec, index) => bySpec.get(spec)?.finished[index] === 1,
    tasks: () => [...bySpec.values()].map((scores) => taskResult(scores, metric)),
  };
}

function noteScores({ finished, values }: TaskScores, row: Pick<Prediction, "scores">, index: number): void {
  finished[index] = 1;
  for (const score of row.scores) {
    const note = (name: string, value: number | null) => {
      const given = values.get(name);
      if (given && value !== null) given[index] = value;
    };
    note(score.name, score.value);
    for (const [part, value] of Object.entries(score.parts ?? {})) note(`${score.name}.${part}`, value);
  }
}

function emptyScores(planned: PlannedTask): TaskScores {
  const trials = planned.instances.length * planned.epochs;
  const { task, metrics } = planned.task;
  const wanted = [...task.scorers.map(({ name }) => name), ...metrics.map(({ score }) => score)];
  return {
    planned,
    positions: new Map(planned.instances.map(({ instance }, position) => [instance.id, position])),
    values: new Map([...new Set(wanted)].map((name) => [name, new Float64Array(trials).fill(Number.NaN)])),
    finished: new Uint8Array(trials),
  };
}

function addUsage(usage: RunResult["usage"], row: Prediction): void {
  usage.inputTokens += row.usage.inputTokens ?? 0;
  usage.outputTokens += row.usage.outputTokens ?? 0;
  // A trial that made no call cost nothing; one of unknown price makes the whole unknown.
  if (row.turns > 0) usage.costUsd = usage.costUsd === null || row.usage.costUsd === null ? null : usage.costUsd + row.usage.costUsd;
}

function addSnapshot(snapshots: Results["snapshots"], kept: KeptSnapshot): void {
  if ("none" in kept) {
    snapshots.missing += 1;
    return;
  }
  snapshots.kept += 1;
  if (kept.kind === "image") {
    snapshots.atProvider += 1;
    return;
  }
  snapshots.bytes += kept.bytes;
  snapshots.storedBytes += kept.storedBytes;
}

function questionsOf({ planned, values }: TaskScores, score: string): QuestionScores[] {
  const all = values.get(score);
  const { instances, epochs } = planned;
  return instances.map(({ instance }, position) => ({
    instanceId: instance.id,
    ...(instance.clusterKey !== undefined && { clusterKey: instance.clusterKey }),
    values: Array.from({ length: epochs }, (_, epoch) => {
      const value = all?.[epoch * instances.length + position];
      return value === undefined || Number.isNaN(value) ? null : value;
    }),
  }));
}

function taskResult(scores: TaskScores, metric: Results["metric"]): TaskResult {
  const { task, instances, epochs } = scores.planned;
  const primary = task.metrics.find((candidate) => candidate.name === task.primaryMetric);
  const values = scores.values.get(primary?.score ?? "") ?? new Float64Array();
  const scored = values.reduce((n, value) => n + (Number.isNaN(value) ? 0 : 1), 0);
  const planned = instances.length * epochs;
  const metrics: TaskResult["metrics"] = {};
  for (const { name, minEpochs = 1 } of task.metrics) {
    if (minEpochs > epochs && name !== task.primaryMetric) continue;
    const value = metric(task.spec, name);
    if (value) metrics[name] = value;
  }
  return { spec: task.spec, planned, scored, unscored: planned - scored, primaryMetric: task.primaryMetric, metrics };
}
