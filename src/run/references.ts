/** The reference answers of a stored run's trials, from its tasks as their files are today. No model is opened. */
import { referenceText } from "./judges/judged-trial.ts";
import { trialsOf } from "./plan.ts";
import { planRuns, storedOptions } from "./start.ts";

/** By trial id and the hash of the instance: one that has changed since the run has another, and then its reference is not the trial's. */
export interface References {
  textOf(trial: { trialId: string; instanceHash: string }): string | null;
}

/** Loads what the run's record names. Throws what planning that run again would throw. */
export async function referencesOf(runPath: string): Promise<References> {
  const options = await storedOptions(runPath);
  const { runs } = await planRuns(options, options.harness === undefined ? [] : [options.harness]);
  const texts = new Map<string, string>();
  for (const { plan } of runs) {
    for (const { trialId, instanceHash, instance } of plan.tasks.flatMap((task) => [...trialsOf(task)])) {
      const text = referenceText(instance.reference);
      if (text !== null) texts.set(keyOf(trialId, instanceHash), text);
    }
  }
  return { textOf: ({ trialId, instanceHash }) => texts.get(keyOf(trialId, instanceHash)) ?? null };
}

const keyOf = (trialId: string, instanceHash: string) => `${instanceHash} ${trialId}`;
