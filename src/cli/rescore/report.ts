/** What a pass says to a person: how many values differ, the metrics as they are now, what the judges cost. */
import type { Rescored } from "../../core/record.ts";
import type { Preview } from "../../run/rescore/preview.ts";
import type { RescoreResult } from "../../run/rescore/rescore.ts";
import { judgesLine, metricsTable } from "../run/results-table.ts";
import { styled, type Line, type Piece } from "../terminal/line.ts";
import { countOf, countText, scoreText, tokensText, usdText } from "../terminal/quantities.ts";
import { layTable, type Row } from "../terminal/table.ts";

const MOST_ROWS = 20;

export function rescoreLines({ scorer, changes, counts, tasks, judging, path, file }: RescoreResult, columns: number): Line[] {
  const shown = changes.slice(0, MOST_ROWS);
  return [
    [styled(scorer, "bold")],
    [],
    ...metricsTable({ tasks }, columns),
    [],
    ...(shown.length > 0 ? [...layTable(CHANGE_COLUMNS, shown.map(changeRow), columns), []] : []),
    ...(changes.length > MOST_ROWS ? [[styled("… and more: the pass's file has all of them", "dim")], []] : []),
    summary(counts),
    ...(judging.calls > 0 ? [judgesLine(judging)] : []),
    [styled("pass     ", "dim"), `${path}/${file}`],
  ];
}

const CHANGE_COLUMNS = [
  { head: "trial" },
  { head: "before", align: "right" as const },
  { head: "now", align: "right" as const },
  { head: "" },
];

function changeRow({ trialId, before, score }: Rescored): Row {
  const now = score.value === null ? "–" : scoreText(score.value);
  return [
    trialId,
    before === undefined ? "" : before === null ? "–" : scoreText(before),
    styled(score.label ? `${now} ${score.label}` : now, "yellow"),
    styled(score.reason ?? score.explanation ?? "", "dim"),
  ];
}

function summary({ scored, unscored, differing, needsReview }: RescoreResult["counts"]): Piece[] {
  return [
    `${countText(differing)} of ${countOf(scored + unscored, "score")} differ`,
    ...(unscored > 0 ? [styled(`, ${countText(unscored)} unscored`, "yellow")] : []),
    ...(needsReview > 0 ? [styled(`, ${countText(needsReview)} to be looked at by a person`, "yellow")] : []),
  ];
}

/** One line: what is expected. */
export function previewText({ trials, calls, cached, inputTokens, outputTokens, costUsd, isExtrapolated }: Preview): string {
  const about = isExtrapolated ? "Expected, from the first trials" : "Expected";
  const cost = costUsd === null ? "a price is not known" : `about ${usdText(costUsd)}`;
  const known = cached > 0 ? ` (${countText(cached)} more are answered on disk)` : "";
  return `${about}: ${countOf(trials, "trial")}, ${countOf(calls, "call")}${known}, about ${tokensText(inputTokens)} tokens in and ${tokensText(outputTokens)} out, ${cost}.`;
}
