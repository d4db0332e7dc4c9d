/** Trials as calibration looks at them, made by hand. */
import type { CalibrationTrial } from "../../../src/analysis/calibration/calibration-trial.ts";
import type { LabelValue } from "../../../src/core/label.ts";
import type { Verdict } from "../../../src/core/verdict.ts";

let count = 0;

/** One judged trial; `people` are the labels of ada, bob, cleo …, null where one gave none. */
export function trial(
  value: number | null,
  people: readonly (LabelValue | null)[] = [],
  given: Partial<CalibrationTrial> = {},
): CalibrationTrial {
  count += 1;
  const names = ["ada", "bob", "cleo", "dan"];
  return {
    trialId: `t${count}`,
    cluster: `q${count}`,
    stratum: "all",
    value,
    label: null,
    outputLength: 10,
    verdicts: [],
    people: people.flatMap((label, index) => (label === null ? [] : [{ labeller: names[index] ?? "", label }])),
    ...given,
  };
}

/** The same trial so many times, each a trial of its own. */
export function times(n: number, make: () => CalibrationTrial): CalibrationTrial[] {
  return Array.from({ length: n }, make);
}

const HASH = "0".repeat(64);

export function verdict(judge: string, value: number | null, given: Partial<Verdict> = {}): Verdict {
  return {
    judge,
    question: "grade",
    order: "given",
    replicate: 1,
    rubricHash: HASH,
    promptHash: HASH,
    inputHash: HASH,
    response: HASH,
    status: value === null ? "invalid" : "ok",
    parsed: null,
    label: null,
    value,
    usage: null,
    costUsd: null,
    ...given,
  };
}
