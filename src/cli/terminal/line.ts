/** A line to be shown: pieces with a style each, made safe, cut to the terminal's width, and coloured last. */
import { styleText } from "node:util";
import { printableLine } from "./printable.ts";
import { columnsOf, cutToColumns } from "./width.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Piece = string | { text: string; style: Style };
export type Line = readonly Piece[];

/** Where lines go: colours appear only where the stream is a terminal (NO_COLOR and FORCE_COLOR decide otherwise). */
export type ColourStream = NodeJS.WriteStream;

export function styled(text: string, style: Style): Piece {
  return { text, style };
}

/** The line as text of at most `columns`; without `columns` it is never cut. */
export function renderLine(line: Line, stream: ColourStream, columns = Infinity): string {
  let left = columns;
  let rendered = "";
  for (const piece of line) {
    const { text, style } = typeof piece === "string" ? { text: piece, style: undefined } : piece;
    const safe = keepEnds(text);
    const shown = left === Infinity ? safe : cutToColumns(safe, left);
    rendered += style ? styleText(style, shown, { stream }) : shown;
    if (shown !== safe) break;
    left -= columnsOf(shown);
  }
  return rendered;
}

/** The text on one line, the spaces at its ends kept: pieces are laid side by side. */
function keepEnds(text: string): string {
  const safe = printableLine(text);
  if (safe === "") return " ".repeat(text.length);
  return `${/^ */.exec(text)?.[0] ?? ""}${safe}${/ *$/.exec(text)?.[0] ?? ""}`;
}

export function lineColumns(line: Line): number {
  return line.reduce((sum, piece) => sum + columnsOf(typeof piece === "string" ? piece : piece.text), 0);
}
