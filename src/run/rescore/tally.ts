/** Counts a pass as it goes: a few numbers a trial, so memory stays flat. */
import type { JudgingUsage, Rescored, RunResult } from "../../core/record.ts";
import { addJudging, usageOf } from "../judges/usage-of.ts";
import { createResults } from "../results.ts";
import type { PlannedPass } from "./plan-pass.ts";

export interface Tally {
  counts: { scored: number; unscored: number; differing: number; needsReview: number };
  /** What judges were paid by this command. */
  judging: JudgingUsage;
  /** The first trials whose value differs from the run's own, or that are unscored. */
  changes: Rescored[];
  /** How many an earlier command scored for good. */
  resumed: number;
}

/** So many changes are kept; the pass's file has all. */
const KEPT_CHANGES = 1_000;

export function createTally(planned: PlannedPass) {
  const results = createResults(planned.plan.tasks);
  const tally: Tally = {
    counts: { scored: 0, unscored: 0, differing: 0, needsReview: 0 },
    judging: { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
    changes: [],
    resumed: 0,
  };
  const note = (line: Rescored): void => {
    const { score, before } = line;
    const differs = before !== undefined && score.value !== before;
    tally.counts[score.value === null ? "unscored" : "scored"] += 1;
    if (differs) tally.counts.differing += 1;
    if (score.needsReview) tally.counts.needsReview += 1;
    if ((differs || score.value === null) && tally.changes.length < KEPT_CHANGES) tally.changes.push(line);
    const trial = planned.trials.get(line.trialId);
    if (trial) results.note(line.task, trial.index, score);
  };
  return {
    tally,
    /** A line of an earlier command. */
    addKnown(line: Rescored): void {
      tally.resumed += 1;
      note(line);
    },
    add(line: Rescored): void {
      note(line);
      addJudging(tally.judging, usageOf(line.score.verdicts ?? []));
    },
    /** Lines of this command. */
    newLines: () => tally.counts.scored + tally.counts.unscored - tally.resumed,
    tasks: (): RunResult["tasks"] => results.tasks(),
  };
}
