/** Tables with light rules, cells aligned by the columns they take, the widest column cut where the terminal is narrow. */
import { printableLine } from "./printable.ts";
import { styled, type Line, type Piece } from "./line.ts";
import { columnsOf, cutToColumns, padEndColumns, padStartColumns } from "./width.ts";

export interface Column {
  head: string;
  align?: "left" | "right";
}

/** One piece a column; missing ones are empty. */
export type Row = readonly Piece[];

const GAP = "  ";
const MIN_CUT_COLUMNS = 12;

/** Lines of a table: heads, a rule, the rows, a rule. */
export function layTable(columns: readonly Column[], rows: readonly Row[], maxColumns: number): Line[] {
  const widths = fittedWidths(columns, rows, maxColumns);
  const rule: Line = [styled("─".repeat(widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)), "dim")];
  // Nothing follows the last column: spaces after it would only be noise in a file.
  const isLast = (index: number) => index === columns.length - 1;
  const lay = (row: Row): Line =>
    columns.flatMap((column, index) => [
      ...(index > 0 ? [GAP] : []),
      cell(row[index] ?? "", widths[index] ?? 0, isLast(index) ? (column.align ?? "none") : (column.align ?? "left")),
    ]);
  return [lay(columns.map(({ head }) => styled(head, "dim"))), rule, ...rows.map(lay), rule];
}

function textOf(piece: Piece): string {
  return printableLine(typeof piece === "string" ? piece : piece.text);
}

function fittedWidths(columns: readonly Column[], rows: readonly Row[], maxColumns: number): number[] {
  const widths = columns.map(({ head }, index) => Math.max(columnsOf(head), ...rows.map((row) => columnsOf(textOf(row[index] ?? "")))));
  const room = maxColumns - GAP.length * (widths.length - 1);
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, 0);
    const widest = Math.max(...widths);
    if (total <= room || widest <= MIN_CUT_COLUMNS) return widths;
    widths[widths.indexOf(widest)] = Math.max(MIN_CUT_COLUMNS, widest - (total - room));
  }
}

function cell(piece: Piece, width: number, align: "left" | "right" | "none"): Piece {
  const text = cutToColumns(textOf(piece), width);
  const padded = align === "right" ? padStartColumns(text, width) : align === "left" ? padEndColumns(text, width) : text;
  return typeof piece === "string" ? padded : { ...piece, text: padded };
}
