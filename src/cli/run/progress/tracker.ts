/** What a progress display shows of a run, kept cheap: metrics are computed seldom, counts are kept by the run. */
import type { MetricValue } from "../../../core/score.ts";
import type { RunStatus } from "../../../run/status.ts";

export interface TaskProgress {
  spec: string;
  planned: number;
  done: number;
  errors: number;
  limits: number;
  primaryMetric: string;
  /** As it stood at most a second ago, or later where it costs much; undefined before any score. */
  metric: MetricValue | undefined;
}

export interface RunProgress {
  tasks: TaskProgress[];
  planned: number;
  done: number;
  errors: number;
  elapsedMs: number;
  /** Null while no trial has ended. */
  remainingMs: number | null;
  trialsPerSecond: number;
}

/** A metric may take this share of the time: computing one over 100,000 questions is not free. */
const METRIC_TIME_SHARE = 0.005;
const METRIC_INTERVAL_MS = 1000;

export interface Tracker {
  /** How the run stands. `isFinal` computes every metric anew. */
  look(options?: { isFinal: boolean }): RunProgress;
}

export function createTracker(status: RunStatus): Tracker {
  const resumed = new Map(status.tasks.map((planned) => [planned.task.spec, countFinished(status, planned)]));
  const metrics = new Map<string, { value: MetricValue | undefined; done: number }>();
  let nextMetricsAt = 0;
  const pace = createPace(status);

  const refresh = ({ isFinal }: { isFinal: boolean }) => {
    const from = performance.now();
    if (!isFinal && from < nextMetricsAt) return;
    for (const { task } of status.tasks) {
      const done = status.ended.get(task.spec)?.done ?? 0;
      const known = metrics.get(task.spec);
      if (known && known.done === done) continue;
      metrics.set(task.spec, { value: status.results.metric(task.spec, task.primaryMetric), done });
    }
    const tookMs = performance.now() - from;
    nextMetricsAt = from + Math.max(METRIC_INTERVAL_MS, tookMs / METRIC_TIME_SHARE);
  };

  return {
    look(options = { isFinal: false }) {
      refresh(options);
      const tasks = status.tasks.map(({ task, instances, epochs }): TaskProgress => {
        const ended = status.ended.get(task.spec) ?? { done: 0, errors: 0, limits: 0 };
        const done = ended.done + (resumed.get(task.spec) ?? 0);
        return {
          spec: task.spec,
          planned: instances.length * epochs,
          done,
          errors: ended.errors,
          limits: ended.limits,
          primaryMetric: task.primaryMetric,
          metric: metrics.get(task.spec)?.value,
        };
      });
      const planned = tasks.reduce((sum, task) => sum + task.planned, 0);
      const done = tasks.reduce((sum, task) => sum + task.done, 0);
      const errors = tasks.reduce((sum, task) => sum + task.errors, 0);
      const trialsPerSecond = pace();
      const remainingMs = trialsPerSecond === 0 ? null : ((planned - done) / trialsPerSecond) * 1000;
      return { tasks, planned, done, errors, elapsedMs: performance.now() - status.startedAt, trialsPerSecond, remainingMs };
    },
  };
}

/** The pace is that of the last so many milliseconds: tasks of a run differ, and so do the hours of a server. */
const PACE_WINDOW_MS = 60_000;
const PACE_SAMPLE_MS = 1000;

/** Trials a second of late. */
function createPace(status: RunStatus): () => number {
  const samples = [{ at: status.startedAt, ended: 0 }];
  return () => {
    const at = performance.now();
    const ended = [...status.ended.values()].reduce((sum, task) => sum + task.done, 0);
    if (at - (samples.at(-1)?.at ?? 0) >= PACE_SAMPLE_MS) samples.push({ at, ended });
    // A minute without an end still says something about the pace: the window then reaches further back.
    while (samples.length > 2 && at - (samples[1]?.at ?? at) > PACE_WINDOW_MS && (samples[1]?.ended ?? ended) < ended) samples.shift();
    const [first] = samples;
    return first ? (ended - first.ended) / Math.max(0.001, (at - first.at) / 1000) : 0;
  };
}

function countFinished(status: RunStatus, planned: RunStatus["tasks"][number]): number {
  if (status.results.counts.resumed === 0) return 0;
  const trials = planned.instances.length * planned.epochs;
  let count = 0;
  for (let index = 0; index < trials; index++) if (status.results.isFinished(planned.task.spec, index)) count++;
  return count;
}
