/** A judge's yes and no against people's, who are taken as right. */
import { wilson, type Interval } from "../intervals.ts";

export interface ConfusionCounts {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

export interface JudgeConfusion {
  /** Share judged as people did. */
  accuracy: number | null;
  /** Share judged right of what people call right (q1). */
  sensitivity: number | null;
  /** Share judged wrong of what people call wrong (q0). */
  specificity: number | null;
  /** Youden's J = sensitivity + specificity − 1: 0 for a judge that knows nothing. */
  youden: number | null;
  /** Matthews' correlation coefficient of the two yes/no answers. */
  mcc: number | null;
  /** Wilson's intervals of the three shares; [0, 1] for a share of nothing. */
  intervals: { accuracy: Interval; sensitivity: Interval; specificity: Interval };
}

/** Shares of the 2 × 2 table; each null where its denominator is empty. Sources: Youden 1950; Matthews 1975; intervals: Wilson 1927. */
export function judgeConfusion({ tp, fp, fn, tn }: ConfusionCounts, level = 0.95): JudgeConfusion {
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const all = tp + fp + fn + tn;
  const sensitivity = share(tp, tp + fn);
  const specificity = share(tn, tn + fp);
  const spread = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return {
    accuracy: share(tp + tn, all),
    sensitivity,
    specificity,
    youden: sensitivity === null || specificity === null ? null : sensitivity + specificity - 1,
    mcc: share(tp * tn - fp * fn, spread),
    intervals: {
      accuracy: wilson(tp + tn, all, level),
      sensitivity: wilson(tp, tp + fn, level),
      specificity: wilson(tn, tn + fp, level),
    },
  };
}
