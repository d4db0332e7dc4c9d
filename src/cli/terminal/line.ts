/** A line to be shown: pieces with a style each, made safe, cut to the terminal's width, and coloured last. */
import { styleText } from "node:util";
import { printableLine } from "./printable.ts";
import { columnsOf, headOf } from "./width.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Piece = string | { text: string; style: Style };
export type Line = readonly Piece[];

/** Where lines go: colours appear only where the stream is a terminal (NO_COLOR and FORCE_COLOR decide otherwise). */
export type ColourStream = NodeJS.WriteStream;

export function styled(text: string, style: Style): Piece {
  return { text, style };
}

/** The line as text of at most `columns`, ending in `…` where it was cut; without `columns` it is never cut. */
export function renderLine(line: Line, stream: ColourStream, columns = Infinity): string {
  const pieces = line.map((piece) =>
    typeof piece === "string" ? { text: keepEnds(piece), style: undefined } : { text: keepEnds(piece.text), style: piece.style },
  );
  const isCut = columns !== Infinity && pieces.reduce((sum, { text }) => sum + columnsOf(text), 0) > columns;
  let left = isCut ? columns - 1 : Infinity;
  let rendered = "";
  for (const { text, style } of pieces) {
    const shown = isCut ? headOf(text, left) : text;
    rendered += style && shown !== "" ? styleText(style, shown, { stream }) : shown;
    left -= columnsOf(shown);
    if (shown !== text) break;
  }
  return isCut ? `${rendered}…` : rendered;
}

/** The text on one line, the spaces at its ends kept: pieces are laid side by side. */
function keepEnds(text: string): string {
  const safe = printableLine(text);
  if (safe === "") return " ".repeat(text.length);
  return `${/^ */.exec(text)?.[0] ?? ""}${safe}${/ *$/.exec(text)?.[0] ?? ""}`;
}
