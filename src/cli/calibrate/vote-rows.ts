/** The rows about a judge's single votes: repeated, side by side, in both orders, and by length. */
import type { Calibration } from "../../analysis/calibration/calibrate.ts";
import { isRefused, type Refused } from "../../analysis/calibration/calibration-trial.ts";
import type { LengthBias } from "../../scoring/statistics/judge-quality/length-bias.ts";
import { countText, valueText } from "../terminal/quantities.ts";
import type { Row } from "../terminal/table.ts";
import { refusedRow, row } from "./row.ts";

export function replicateRows({ replicates }: Calibration): Row[] {
  return replicates.flatMap(({ judge, n, po, alpha }) => [
    row("agreement (po)", { value: po, n, note: judge }),
    row("Krippendorff's α", { value: alpha, n, note: `po ${valueText(po)}` }),
  ]);
}

export function panelRows({ panel }: Calibration): Row[] {
  if (panel === null) return [];
  const { judges, agreement, errors } = panel;
  const { n, po, alpha, fleiss } = agreement;
  return [
    row("agreement (po)", { value: po, n, note: judges.join(", ") }),
    row("Krippendorff's α", { value: alpha, n, note: `po ${valueText(po)}` }),
    ...(judges.length > 2 ? [row("Fleiss' κ", { value: fleiss, n, note: `po ${valueText(po)}` })] : []),
    isRefused(errors)
      ? refusedRow("effective judges", errors)
      : row("effective judges", {
          value: errors.effectiveVotes,
          note: `of ${judges.length}; errors correlate by ${valueText(errors.rho)}${missingPairs(errors)}`,
        }),
  ];
}

function missingPairs({ pairs, allPairs }: { pairs: number; allPairs: number }): string {
  return pairs === allPairs ? "" : ` (${countText(pairs)} of ${countText(allPairs)} pairs; a judge without errors has no correlation)`;
}

export function biasRows({ position, length }: Calibration): Row[] {
  return [
    ...position.flatMap(({ judge, n, consistency, firstPosition, secondPosition }) => [
      row("same in both orders", { value: consistency, n, note: judge }),
      row("first place wins", { value: firstPosition, n, note: "whatever stands there" }),
      row("second place wins", { value: secondPosition, n, note: "whatever stands there" }),
    ]),
    lengthRow("length, slope", length.all, "longer answers being better is in it, too"),
    lengthRow("length, at equal labels", length.atEqualLabels, "log-odds, from middling to far longer"),
  ];
}

function lengthRow(name: string, bias: LengthBias | null | Refused, note: string): Row {
  if (bias === null) return refusedRow(name, { refused: "not defined: lengths do not differ, or one side of them has one verdict only" });
  return isRefused(bias) ? refusedRow(name, bias) : row(name, { value: bias.slope, interval: bias.interval, n: bias.n, note });
}
