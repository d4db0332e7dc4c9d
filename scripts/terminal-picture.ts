/**
 * Draws what a terminal showed as an SVG: the screen amid the run, then the screen at its end.
 *
 *   script -qec "stty cols 100; assay run …" recording
 *   node scripts/terminal-picture.ts recording "assay run …" 0.4 > docs/images/run.svg
 *
 * 0.4 is how far into the recording the first screen is taken.
 */
import { readFileSync } from "node:fs";

interface Cell {
  text: string;
  style: string;
}

const COLUMN = 8.4;
const ROW = 19;
const MARGIN = 18;
const TITLE = 34;
const CLASSES: Record<string, string> = { 1: "b", 2: "d", 31: "r", 32: "g", 33: "y", 36: "c", 90: "d" };

/** A control sequence with its parameter and letter, or a character. */
const TOKEN = new RegExp(`(${String.fromCodePoint(27)}\\[([?\\d;]*)([A-Za-z]))|[^]`, "gu");

/** Screens of a recording at each moment before it is redrawn, the last one at its end. */
function screensOf(recording: string): Cell[][][] {
  const screens: Cell[][][] = [];
  const rows: Cell[][] = [[]];
  let row = 0;
  let column = 0;
  let styles: string[] = [];
  for (const [token, control, parameter = "", letter] of recording.matchAll(TOKEN)) {
    if (control === undefined) {
      if (token === "\r") column = 0;
      else if (token === "\n") [row, column] = [row + 1, 0];
      else (rows[row] ??= [])[column++] = { text: token, style: styles.join(" ") };
      rows[row] ??= [];
    } else if (letter === "A") {
      screens.push(structuredClone(rows));
      row = Math.max(0, row - Number(parameter || 1));
    } else if (letter === "K") rows[row]?.splice(column);
    else if (letter === "J") {
      rows[row]?.splice(column);
      rows.splice(row + 1);
    } else if (letter === "m") styles = parameter === "" || parameter === "0" ? [] : nextStyles(styles, parameter.split(";"));
  }
  return [...screens, rows];
}

function nextStyles(styles: readonly string[], codes: readonly string[]): string[] {
  let now = [...styles];
  for (const code of codes) {
    const name = CLASSES[code];
    if (code === "22") now = now.filter((style) => style !== "b" && style !== "d");
    else if (code === "39") now = now.filter((style) => style === "b" || style === "d");
    else if (name !== undefined) now.push(name);
  }
  return now;
}

function escaped(text: string): string {
  // no-break spaces: not every viewer keeps several plain ones.
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00A0");
}

/** One row as text elements, each run of one style at its own column, so that fonts of any width keep the columns. */
function drawn(cells: readonly Cell[], y: number): string {
  const spans: { from: number; style: string; text: string }[] = [];
  for (const [column, cell] of Array.from(cells, (cell) => cell ?? { text: " ", style: "" }).entries()) {
    const last = spans.at(-1);
    if (last?.style === cell.style) last.text += cell.text;
    else spans.push({ from: column, style: cell.style, text: cell.text });
  }
  return spans
    .filter(({ text }) => text.trim() !== "")
    .map(({ from, style, text }) => {
      const lead = text.length - text.trimStart().length;
      const shown = text.trim();
      const place = `x="${(MARGIN + (from + lead) * COLUMN).toFixed(1)}" y="${y}" textLength="${(shown.length * COLUMN).toFixed(1)}"`;
      return `<text ${place}${style === "" ? "" : ` class="${style}"`}>${escaped(shown)}</text>`;
    })
    .join("");
}

/** The whole picture. */
export function pictureOf(lines: readonly (readonly Cell[])[], columns: number): string {
  const width = Math.round(columns * COLUMN + 2 * MARGIN);
  const height = lines.length * ROW + TITLE + MARGIN;
  const text = lines.map((cells, index) => drawn(cells, TITLE + 14 + index * ROW)).filter((line) => line !== "");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A run of Assay in a terminal">
<style>text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d7dae0}.b{font-weight:700;fill:#fff}.d{fill:#8b93a1}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}.c{fill:#56c7f0}.b.g{fill:#56d364}.b.r{fill:#ff7b72}</style>
<rect width="${width}" height="${height}" rx="9" fill="#15181e"/>
<g fill="#3a404b"><circle cx="22" cy="18" r="5.5"/><circle cx="40" cy="18" r="5.5"/><circle cx="58" cy="18" r="5.5"/></g>
${text.join("\n")}
</svg>
`;
}

if (import.meta.main) {
  const [path = "", command = "", middle = "0.5"] = process.argv.slice(2);
  const recording = readFileSync(path, "utf8")
    .replaceAll(/^Script (?:started|done).*\n?/gm, "")
    .replaceAll("\r\n", "\n");
  const screens = screensOf(recording);
  const line = (text: string, style = ""): Cell[] => Array.from(text, (character) => ({ text: character, style }));
  const prompt = [...line("$ ", "d"), ...line(command, "b")];
  const isBlank = (cells: readonly Cell[]) => cells.every((cell) => cell.text === " ");
  const amid = screens[Math.floor(screens.length * Number(middle))]?.filter((cells) => !isBlank(cells)) ?? [];
  const last = screens.at(-1) ?? [];
  const end = last.slice(0, last.findLastIndex((cells) => !isBlank(cells)) + 1);
  const lines = [prompt, [], ...amid, [], line("… when it is done:", "d"), [], ...end];
  process.stdout.write(pictureOf(lines, Math.max(...lines.map((cells) => cells.length))));
}
