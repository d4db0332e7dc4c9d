/** Which scorer a pass runs on which tasks: one of their own, a built-in judge, or a user's own file. */
import { AssayError } from "../../core/errors.ts";
import { nameHint } from "../../core/nearest.ts";
import type { Metric, Scorer } from "../../core/score.ts";
import { mean } from "../../scoring/metrics.ts";
import { isOwnFile } from "../own-files.ts";
import type { PlannedTask } from "../plan.ts";
import { isBuiltIn, loadPart, namesOf } from "../registry.ts";

/** A task with the scorer that the pass runs on it, in place of its own scorers; its metrics are those of that scorer. */
export interface PassTask {
  planned: PlannedTask;
  scorer: Scorer;
}

/** Throws `usage/unknown-name` where there is no such scorer. */
export async function passTasks(tasks: readonly PlannedTask[], name: string): Promise<PassTask[]> {
  const own = tasks.flatMap((planned) => {
    const scorer = planned.task.task.scorers.find((candidate) => candidate.name === name);
    return scorer ? [passTask(planned, scorer)] : [];
  });
  if (own.length > 0) return own;
  if (isOwnFile(name) || (await isBuiltIn("judge", name))) {
    const scorer: Scorer = await loadPart("judge", name);
    return tasks.map((planned) => passTask(planned, scorer));
  }
  const known = [...new Set(tasks.flatMap(({ task }) => task.task.scorers.map((scorer) => scorer.name)))];
  const judges = await namesOf("judge");
  throw new AssayError("usage/unknown-name", `--scorer ${name}: no task of the run has such a scorer, and there is no such judge.`, {
    hint: nameHint(name, [...known, ...judges]) || `Its tasks have ${known.join(", ")}; judges: ${judges.join(", ")}; or ./mine.ts.`,
  });
}

function passTask(planned: PlannedTask, scorer: Scorer): PassTask {
  const { task } = planned;
  const metrics = metricsOf(scorer, task.metrics);
  const primaryMetric = metrics.find(({ name }) => name === task.primaryMetric)?.name ?? metrics[0]?.name ?? "";
  return { scorer, planned: { ...planned, task: { ...task, task: { ...task.task, scorers: [scorer] }, metrics, primaryMetric } } };
}

/** The task's own for this scorer, else the judge's, else the mean of the values. */
function metricsOf(scorer: Scorer, metrics: readonly Metric[]): Metric[] {
  const own = metrics.filter(({ score }) => score === scorer.name || score.startsWith(`${scorer.name}.`));
  if (own.length > 0) return own;
  return scorer.judge?.metrics ?? [mean({ score: scorer.name, direction: "maximize" })];
}

/** Refuses `--against` for a judge that looks at one run, and a judge that compares two without it. */
export function checkAgainst({ name, judge }: Scorer, against: string | undefined): void {
  const comparesRuns = judge?.comparesRuns === true;
  if (comparesRuns === (against !== undefined)) return;
  if (comparesRuns) {
    throw new AssayError("usage/bad-option", `--scorer ${name} compares the answers of two runs, and only one is named.`, {
      hint: "Name the other: --against RUN",
    });
  }
  throw new AssayError("usage/bad-option", `--against ${against}: the scorer ${name} compares no runs.`, {
    hint: "Leave it out, or choose --scorer pairwise.",
  });
}
