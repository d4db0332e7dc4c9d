/** What a run is doing right now, for a progress display to read whenever it likes. */
import type { Prediction } from "../core/record.ts";
import type { ModelClient } from "../models/client.ts";
import type { PlannedTask } from "./plan.ts";
import type { Results } from "./results.ts";

/** A trial being worked on. Times in milliseconds of `performance.now()`. */
export interface Worker {
  trialId: string;
  what: string;
  since: number;
  startedAt: number;
}

export interface RunStatus {
  readonly runId: string;
  readonly startedAt: number;
  readonly tasks: readonly PlannedTask[];
  readonly results: Results;
  readonly workers: ReadonlyMap<string, Worker>;
  readonly model: ModelClient;
  /** By task: trials that ended so far, errors and limits among them. */
  readonly ended: ReadonlyMap<string, { done: number; errors: number; limits: number }>;
  begin(trialId: string): void;
  doing(trialId: string, what: string): void;
  end(row: Prediction): void;
}

export function createStatus(parts: Pick<RunStatus, "runId" | "tasks" | "results" | "model">): RunStatus {
  const workers = new Map<string, Worker>();
  const ended = new Map(parts.tasks.map((planned) => [planned.task.spec, { done: 0, errors: 0, limits: 0 }]));
  return {
    ...parts,
    workers,
    ended,
    startedAt: performance.now(),
    begin(trialId) {
      const now = performance.now();
      workers.set(trialId, { trialId, what: "starting", since: now, startedAt: now });
    },
    doing(trialId, what) {
      const worker = workers.get(trialId);
      if (worker) Object.assign(worker, { what, since: performance.now() });
    },
    end(row) {
      workers.delete(row.trialId);
      const task = ended.get(row.task);
      if (!task) return;
      task.done += 1;
      if (row.status === "error") task.errors += 1;
      if (row.status === "limit") task.limits += 1;
    },
  };
}
