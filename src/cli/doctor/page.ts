/** What `assay doctor` prints. */
import type { Check } from "../../run/doctor.ts";
import { styled, type Line } from "../terminal/line.ts";
import { printableLine } from "../terminal/printable.ts";
import { columnsOf, padEndColumns } from "../terminal/width.ts";
import { wrapWords } from "../terminal/wrap-words.ts";

const MAX_COLUMNS = 100;
const MIN_TEXT_COLUMNS = 20;
const GAP = "  ";

/** A table of names, whether each can be used, and text that is wrapped to at most 100 columns. */
export function doctorLines(checks: readonly Check[], terminalColumns = MAX_COLUMNS): Line[] {
  const names = Math.max(...checks.map(({ name }) => columnsOf(name)));
  const before = names + GAP.length + "yes".length + GAP.length;
  const columns = Math.max(MIN_TEXT_COLUMNS, Math.min(MAX_COLUMNS, terminalColumns) - before);
  return checks.flatMap(({ name, isUsable, detail, hint, notes = [] }) => {
    const said = [detail, ...notes].flatMap((text) => wrapWords(printableLine(text), columns));
    const advice = hint === undefined ? [] : wrapWords(printableLine(hint), columns);
    const [first = "", ...rest] = said;
    const margin = " ".repeat(before);
    return [
      [padEndColumns(name, names), GAP, isUsable ? styled("yes", "green") : styled("no ", "red"), GAP, first],
      ...rest.map((text): Line => [margin, text]),
      ...advice.map((text): Line => [margin, styled(text, "cyan")]),
    ];
  });
}
