/** From a run to the sample of its trials that people are asked to label. */
import { AssayError } from "../../core/errors.ts";
import type { LabelSample, StrataField } from "../../core/label.ts";
import { isJudged, scoredTrials, trialsWithAnyScore, type ScoredTrial } from "../scored-trials.ts";
import { drawSample, type DrawRequest, type FrameTrial } from "./draw-sample.ts";

/** Which trials are drawn from, and into which strata they fall. */
export type Frame = Pick<LabelSample, "scorer" | "pass" | "by">;

export interface SampleRequest extends Frame, DrawRequest {
  name: string;
  runId: string;
}

/** Draws; writes nothing. Throws `usage/bad-option` where there is nothing to draw, or a stratum would have fewer than two trials of several. */
export async function labelSample(runPath: string, { name, runId, n, seed, ...frame }: SampleRequest): Promise<LabelSample> {
  if (frame.scorer === null && (frame.by === "value" || frame.by === "label"))
    throw new AssayError("usage/bad-option", `--by ${frame.by} needs a scorer to take it from.`, { hint: "Name one: --scorer NAME" });
  const draw = drawSample(await frameOf(runPath, frame), { n, seed });
  if (draw.population.trials === 0) throw new AssayError("usage/bad-option", `${runPath} has no scored trial to draw from.`);
  const small = draw.strata.find(({ trials, drawn }) => drawn < Math.min(2, trials));
  if (small) {
    throw new AssayError(
      "usage/bad-option",
      `-n ${n}: too few for the ${draw.strata.length} strata of --by ${frame.by}, which need two each.`,
      {
        hint: `Draw at least ${2 * draw.strata.length}, or leave --by out.`,
      },
    );
  }
  return { format: 1, name, runId, createdAt: new Date().toISOString(), seed, ...frame, ...draw };
}

/** Every trial that is drawn from, with its stratum, as the run is now. */
export async function frameOf(runPath: string, { scorer, pass, by }: Frame): Promise<FrameTrial[]> {
  const trials = scorer === null ? await trialsWithAnyScore(runPath) : await scoredTrials(runPath, { scorer, pass });
  return trials.filter(isJudged).map((trial) => {
    const { trialId, attempt, pairKey } = trial;
    return { trialId, attempt, pairKey, stratum: stratumOf(trial, by) };
  });
}

function stratumOf(trial: ScoredTrial, by: StrataField | null): string {
  if (by === null) return "all";
  if (by === "value" || by === "label") return String(trial.score?.[by] ?? "none");
  return String(trial[by] ?? "none");
}
