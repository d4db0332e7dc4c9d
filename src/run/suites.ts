/** Scores of suites, from the primary metrics of their tasks. */
import type { RunResult, TaskResult } from "../core/record.ts";
import { suiteMacro } from "../scoring/statistics/suite.ts";
import type { ResolvedSpecs } from "./resolve.ts";

export type SuiteResult = NonNullable<RunResult["suites"]>[number];

/** Missing tasks are named and skipped, never counted as zero. Standard errors add as for independent tasks. */
export function suiteResults(suites: ResolvedSpecs["suites"], tasks: readonly TaskResult[]): SuiteResult[] {
  const bySpec = new Map(tasks.map((task) => [task.spec, primaryOf(task)]));
  return suites.map(({ suite, members, children }) => {
    const missing = members.filter((spec) => bySpec.get(spec)?.value == null);
    const base = { name: suite.name, aggregation: suite.aggregation, tasks: members, missing };
    if (suite.aggregation === "NONE") return { ...base, value: null, stderr: null };
    const flat = (specs: readonly string[]) => averageOf(specs.map((spec) => bySpec.get(spec)));
    return {
      ...base,
      ...(suite.aggregation === "AVERAGE_OF_AVERAGES" ? averageOf(children.map((child) => flat(child.members))) : flat(members)),
    };
  });
}

interface Estimate {
  value: number | null;
  stderr: number | null;
}

function primaryOf(task: TaskResult): Estimate {
  const metric = task.metrics[task.primaryMetric];
  return { value: metric?.value ?? null, stderr: metric?.stderr ?? null };
}

/** Every known estimate counts once; null where nothing is known. */
function averageOf(estimates: readonly (Estimate | undefined)[]): Estimate {
  const known = estimates.flatMap((estimate) => (estimate?.value == null ? [] : [{ mean: estimate.value, stderr: estimate.stderr }]));
  const { mean, stderr } = suiteMacro(known);
  return { value: mean, stderr };
}
