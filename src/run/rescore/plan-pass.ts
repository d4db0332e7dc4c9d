/** What a scoring pass is over: the run's own plan as its files are today, and the scorer in it. No model is opened. */
import { AssayError } from "../../core/errors.ts";
import { hashOf, plainJson } from "../../core/json.ts";
import { nameHint } from "../../core/nearest.ts";
import type { ScorePass } from "../../core/record.ts";
import { trialsOf, type Plan, type PlannedTrial } from "../plan.ts";
import { planRuns, storedOptions } from "../start.ts";

export interface PlannedPass {
  pass: ScorePass;
  plan: Plan;
  /** By trial id: those of tasks that have the scorer. */
  trials: ReadonlyMap<string, PlannedTrial>;
  /** Docker hosts that the run named. */
  hosts: readonly string[];
}

/** Throws `usage/unknown-name` where no task of the run has the scorer, `config/unsupported` where it runs in no sandbox. */
export async function planPass(runPath: string, scorer: string): Promise<PlannedPass> {
  const options = await storedOptions(runPath);
  const { runs } = await planRuns(options, options.harness === undefined ? [] : [options.harness]);
  const [run] = runs;
  if (!run) throw new AssayError("run/format", `${runPath}/run.json names no task.`);
  const { plan } = run;
  const scorers = plan.tasks.flatMap(({ task }) => task.task.scorers);
  const named = scorers.filter(({ name }) => name === scorer);
  const inSandbox = [...new Set(scorers.filter(({ sandbox = "none" }) => sandbox !== "none").map(({ name }) => name))];
  if (named.length === 0) {
    throw new AssayError("usage/unknown-name", `--scorer ${scorer}: no task of the run has such a scorer.`, {
      hint: nameHint(scorer, inSandbox) || "Its tasks have none that runs in a sandbox.",
    });
  }
  if (named.every(({ sandbox = "none" }) => sandbox === "none")) {
    throw new AssayError("config/unsupported", `--scorer ${scorer}: it runs in no sandbox, and only scorers that do can score again.`, {
      hint: inSandbox.length > 0 ? `Choose ${inSandbox.join(" or ")}.` : "Its tasks have none that does.",
    });
  }
  const tasks = plan.tasks.filter(({ task }) => task.task.scorers.some(({ name }) => name === scorer));
  const hashes = plainJson({
    tasks: tasks.map(({ task: { spec } }) => ({ spec, ...plan.hashes.tasks[spec] })),
    files: plan.hashes.files,
  });
  return {
    plan,
    hosts: options.dockerHosts,
    pass: {
      format: 1,
      pass: `${scorer.replaceAll(/[^\w.-]/g, "_").slice(0, 60)}-${hashOf({ scorer, hashes }).slice(0, 12)}`,
      scorer,
      createdAt: new Date().toISOString(),
      hashes,
    },
    trials: new Map(tasks.flatMap((task) => [...trialsOf(task)].map((trial) => [trial.trialId, trial] as const))),
  };
}
