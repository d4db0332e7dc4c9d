/** What `assay calibrate` prints: one table, in parts. A number that is not given has its reason in its place. */
import type { Calibration } from "../../analysis/calibration/calibrate.ts";
import { isRefused, type Refused } from "../../analysis/calibration/calibration-trial.ts";
import type { Estimate } from "../../analysis/calibration/corrected.ts";
import { styled, type Line } from "../terminal/line.ts";
import { countOf, countText, valueText } from "../terminal/quantities.ts";
import { layTable, type Row } from "../terminal/table.ts";
import { refusedRow, row } from "./row.ts";
import { biasRows, panelRows, replicateRows } from "./vote-rows.ts";

export function calibrationLines(calibration: Calibration, columns: number): Line[] {
  const { scorer, pass, path, labels, judged, unjudged, labelled, notes } = calibration;
  const rows = [
    ...part("judge against people", againstPeopleRows(calibration)),
    ...part("people among themselves", peopleRows(calibration)),
    ...part("judge with itself", replicateRows(calibration)),
    ...part("panel", panelRows(calibration)),
    ...part("bias", biasRows(calibration)),
    ...part("score", scoreRows(calibration)),
    ...part("difference, A − B", differenceRows(calibration)),
  ];
  const heads = [
    { head: "" },
    { head: "value", align: "right" as const },
    { head: "95 %" },
    { head: "n", align: "right" as const },
    { head: "" },
  ];
  const unread = unjudged > 0 ? `, ${countText(unjudged)} without a verdict` : "";
  return [
    [styled(scorer, "bold"), styled(`  ${path}${pass === null ? "" : `, pass ${pass}`}`, "dim")],
    [`${countOf(judged, "judged trial")}${unread}, ${countText(labelled)} labelled${labels === null ? "" : ` (${labels})`}`],
    [],
    ...layTable(heads, rows, columns),
    ...notes.map((note): Line => [styled(note, "yellow")]),
  ];
}

/** Nothing where there are no rows. */
function part(title: string, rows: readonly Row[]): Row[] {
  return rows.length === 0 ? [] : [[styled(title, "bold")], ...rows];
}

function againstPeopleRows({ agreement, confusion }: Calibration): Row[] {
  if (isRefused(agreement)) return [refusedRow("agreement", agreement)];
  const { n, po, pe, kappa, interval, weightedKappa, ac1, alpha, undecided } = agreement;
  const chance = `po ${valueText(po)}, pe ${valueText(pe)}`;
  return [
    row("agreement (po)", {
      value: po,
      interval,
      n,
      ...(undecided > 0 && { note: `${countOf(undecided, "tie")} among people left out` }),
    }),
    row("Cohen's κ", { value: kappa, n, note: chance }),
    ...(weightedKappa === null
      ? []
      : [
          row("weighted κ, linear", { value: weightedKappa.linear, n, note: `po ${valueText(po)}` }),
          row("weighted κ, quadratic", { value: weightedKappa.quadratic, n, note: `po ${valueText(po)}` }),
        ]),
    row("Gwet's AC1", { value: ac1, n }),
    alpha !== null && typeof alpha === "object" ? refusedRow("Krippendorff's α", alpha) : row("Krippendorff's α", { value: alpha, n }),
    ...confusionRows(confusion),
  ];
}

function confusionRows(confusion: Calibration["confusion"]): Row[] {
  if (isRefused(confusion)) return [refusedRow("sensitivity, specificity", confusion)];
  const { counts, intervals, accuracy, sensitivity, specificity, youden, mcc } = confusion;
  const of = (share: "accuracy" | "sensitivity" | "specificity") => (isRefused(intervals) ? intervals : intervals[share]);
  return [
    row("accuracy", { value: accuracy, interval: of("accuracy"), n: counts.tp + counts.fp + counts.fn + counts.tn }),
    row("sensitivity", { value: sensitivity, interval: of("sensitivity"), n: counts.tp + counts.fn, note: "of what people call right" }),
    row("specificity", { value: specificity, interval: of("specificity"), n: counts.fp + counts.tn, note: "of what people call wrong" }),
    row("Youden's J", { value: youden }),
    row("Matthews' correlation", { value: mcc }),
  ];
}

function peopleRows({ people }: Calibration): Row[] {
  if (people === null) return [];
  const { labellers, n, po, alpha, fleiss } = people;
  return [
    row("agreement (po)", { value: po, n, note: `${labellers.join(", ")}: no judge can be asked for more` }),
    row("Krippendorff's α", { value: alpha, n, note: `po ${valueText(po)}` }),
    ...(labellers.length > 2 ? [row("Fleiss' κ", { value: fleiss, n, note: `po ${valueText(po)}` })] : []),
  ];
}

function scoreRows({ labelled, scores: { raw, people, ppi, roganGladen } }: Calibration): Row[] {
  return [
    row("as judged", { value: raw.mean, interval: raw.interval, n: raw.n }),
    estimateRow("labels alone", people, labelled, () => ""),
    estimateRow("corrected, PPI++", ppi, raw.n, (lambda) => lambda),
    isRefused(roganGladen)
      ? refusedRow("corrected, Rogan–Gladen", roganGladen)
      : row("corrected, Rogan–Gladen", { value: roganGladen.estimate, interval: roganGladen.interval, note: "share of right answers" }),
  ];
}

function differenceRows({ difference }: Calibration): Row[] {
  if (difference === null) return [];
  const { raw, corrected, unmatched, labelledPairs, path } = difference;
  const without = unmatched.a + unmatched.b > 0 ? `, ${countText(unmatched.a)} and ${countText(unmatched.b)} without a partner` : "";
  return [
    row("as judged", { value: raw.mean, interval: raw.interval, n: raw.n, note: `B: ${path}${without}` }),
    estimateRow("corrected, PPI++", corrected, raw.n, (lambda) => `${lambda}, ${countText(labelledPairs)} labelled in both`),
  ];
}

function estimateRow(name: string, estimate: Estimate | Refused, n: number, note: (lambda: string) => string): Row {
  if (isRefused(estimate)) return refusedRow(name, estimate);
  return row(name, { value: estimate.estimate, interval: estimate.interval, n, note: note(`λ ${valueText(estimate.lambda)}`) });
}
