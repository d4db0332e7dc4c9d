/** A trial as calibration looks at it: what the judge said, and what people said. */
import type { LabelValue } from "../../core/label.ts";
import type { Verdict } from "../../core/verdict.ts";

export interface CalibrationTrial {
  trialId: string;
  /** Trials of one question, or of questions that are not independent, share it. */
  cluster: string;
  /** The part of the population that it was, or could have been, drawn from. */
  stratum: string;
  /** The scorer's; one of the two is there. */
  value: number | null;
  label: string | null;
  /** Characters of the answer. */
  outputLength: number;
  /** Every vote; none of a scorer that is no judge. */
  verdicts: readonly Verdict[];
  /** Each person's last label. */
  people: readonly { labeller: string; label: LabelValue }[];
}

/** A number that would be wrong here, and why it is not given. */
export interface Refused {
  refused: string;
}

export function isRefused(value: object): value is Refused {
  return "refused" in value;
}
