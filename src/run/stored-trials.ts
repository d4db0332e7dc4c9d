/** The trials of a stored run as its tasks plan them today. No model is opened. */
import type { Prediction } from "../core/record.ts";
import { trialsOf, type PlannedTrial } from "./plan.ts";
import { plansOf } from "./start.ts";

export interface StoredTrials {
  /** Undefined where nothing plans it any more, or its instance has changed since the run: what was asked then is not known from the plan. */
  plannedFor(row: Pick<Prediction, "trialId" | "instanceHash">): PlannedTrial | undefined;
}

/** Loads what the run's record names. Throws what planning that run again would throw. */
export async function storedTrialsOf(runPath: string): Promise<StoredTrials> {
  const tasks = (await plansOf(runPath)).flatMap(({ plan }) => plan.tasks);
  const trials = new Map(tasks.flatMap((task) => [...trialsOf(task)].map((trial) => [trial.trialId, trial] as const)));
  return {
    plannedFor({ trialId, instanceHash }) {
      const planned = trials.get(trialId);
      return planned?.instanceHash === instanceHash ? planned : undefined;
    },
  };
}
