/** Scores of many tasks as one, with their uncertainty; tasks are taken as independent. */
import { sum } from "./special.ts";

interface TaskMean {
  mean: number;
  /** Null where it is undefined; the suite's is then undefined too. */
  stderr: number | null;
}

export interface TaskScore extends TaskMean {
  n: number;
}

export interface SuiteScore {
  mean: number | null;
  stderr: number | null;
}

function weighted<Task extends TaskMean>(tasks: readonly Task[], weightOf: (task: Task) => number): SuiteScore {
  const stderrs = tasks.map((task) => (task.stderr === null ? null : weightOf(task) * task.stderr)).filter((value) => value !== null);
  return {
    mean: tasks.length === 0 ? null : sum(tasks.map((task) => weightOf(task) * task.mean)),
    stderr: tasks.length === 0 || stderrs.length < tasks.length ? null : Math.sqrt(sum(stderrs.map((value) => value ** 2))),
  };
}

/** Every task counts once: SE = √(Σ SE_t²)/T. For an average of averages, nest it. Source: variance of a mean of independent estimates. */
export function suiteMacro(tasks: readonly TaskMean[]): SuiteScore {
  return weighted(tasks, () => 1 / tasks.length);
}

/** Every question counts once: SE = √(Σ (n_t/N)²·SE_t²). Source: Cochran 1977, "Sampling Techniques", §5.3 (fixed strata sizes). Nothing prints it yet. */
export function suiteMicro(tasks: readonly TaskScore[]): SuiteScore {
  const total = sum(tasks.map((task) => task.n));
  return total === 0 ? { mean: null, stderr: null } : weighted(tasks, (task) => task.n / total);
}
