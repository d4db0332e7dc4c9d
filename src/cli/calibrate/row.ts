/** One row of the table: a number with its interval, or why it is not given. */
import { isRefused, type Refused } from "../../analysis/calibration/calibration-trial.ts";
import type { Interval } from "../../scoring/statistics/intervals.ts";
import { styled, type Piece } from "../terminal/line.ts";
import { countText, valueText } from "../terminal/quantities.ts";
import type { Row } from "../terminal/table.ts";

interface Cells {
  value?: number | null;
  interval?: Interval | null | Refused;
  n?: number;
  note?: string;
}

export function row(name: string, { value, interval, n, note = "" }: Cells): Row {
  const why = interval && isRefused(interval) ? `no interval: ${interval.refused}` : "";
  const range = interval && !isRefused(interval) ? `${valueText(interval.low)} to ${valueText(interval.high)}` : "";
  const said: Piece = [note, why].filter((text) => text !== "").join("; ");
  return [name, value === undefined ? "" : valueText(value), range, n === undefined ? "" : countText(n), styled(said, "dim")];
}

export function refusedRow(name: string, { refused }: Refused): Row {
  return [name, "–", "", "", styled(refused, "yellow")];
}
