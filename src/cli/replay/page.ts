/** One step of a trial as lines: whole, or each content cut so that everything fits the terminal. */
import { AssayError } from "../../core/errors.ts";
import { readContentText } from "../../store/content.ts";
import { styled, type Line } from "../terminal/line.ts";
import { printable } from "../terminal/printable.ts";
import { countText } from "../terminal/quantities.ts";
import { wrapToColumns } from "../terminal/width.ts";
import type { Step } from "./steps.ts";

export interface PageOptions {
  /** Infinity: no line is broken. */
  columns: number;
  /** Rows that everything should fit into; Infinity shows all of it. */
  rows: number;
}

interface Part {
  head: Line;
  lines: string[];
}

/** What a terminal is given of one content at most; `assay replay … | less` has it all. */
const MAX_SHOWN_CHARACTERS = 1_000_000;
const INDENT = "  ";

export async function pageLines(runPath: string, step: Step, { columns, rows }: PageOptions): Promise<Line[]> {
  const parts: Part[] = [];
  for (const { head, content } of step.blocks) {
    const text = content === undefined ? "" : await readSafely(runPath, content);
    parts.push({ head, lines: text === "" ? [] : linesOf(text, columns) });
  }
  const most = linesEach(parts, rows);
  return parts.flatMap(({ head, lines }) => [head].concat(cutLines(lines, most)));
}

/** A damaged blob is said in its place: the rest of the trial can still be read. */
async function readSafely(runPath: string, content: NonNullable<Step["blocks"][number]["content"]>): Promise<string> {
  try {
    return await readContentText(runPath, content);
  } catch (error) {
    if (error instanceof AssayError) return error.message;
    throw error;
  }
}

function linesOf(text: string, columns: number): string[] {
  const isBounded = columns !== Infinity;
  const shown =
    isBounded && text.length > MAX_SHOWN_CHARACTERS
      ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}\n… ${countText(text.length - MAX_SHOWN_CHARACTERS)} more characters`
      : text;
  const lines = printable(shown).replace(/\n$/, "").split("\n");
  return isBounded ? lines.flatMap((line) => wrapToColumns(line, columns - INDENT.length)) : lines;
}

const MIN_LINES_EACH = 3;

/** The most lines that each content can have so that all fit; short ones leave their room to long ones. */
function linesEach(parts: readonly Part[], rows: number): number {
  const room = rows - parts.length;
  const lengths = parts.map((part) => part.lines.length).sort((a, b) => a - b);
  let left = room;
  for (const [index, length] of lengths.entries()) {
    const share = Math.floor(left / (lengths.length - index));
    if (length > share) return Math.max(MIN_LINES_EACH, share);
    left -= length;
  }
  return Infinity;
}

/** Head and tail, with a count of what is between them. */
function cutLines(lines: readonly string[], most: number): Line[] {
  const show = (line: string): Line => (line === "" ? [] : [`${INDENT}${line}`]);
  if (lines.length <= most) return lines.map(show);
  const tail = Math.floor((most - 1) / 2);
  const head = most - 1 - tail;
  return [
    ...lines.slice(0, head).map(show),
    [styled(`${INDENT}… ${countText(lines.length - head - tail)} more lines`, "dim")],
    ...lines.slice(lines.length - tail).map(show),
  ];
}
