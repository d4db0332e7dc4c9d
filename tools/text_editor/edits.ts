/** Edits of a text and views of it. Pure; lines are numbered from 1. */
import type { ToolOutput } from "../../src/index.ts";

/** The new text and the lines in it to show, or why nothing was changed. */
export type Edit = { text: string; firstLine: number; lastLine: number } | { refusal: ToolOutput };

const CONTEXT_LINES = 4;
const LISTED_MATCHES = 20;

export function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Replaces `oldText`, which must occur exactly once. */
export function replaceOnce(text: string, oldText: string, newText: string, path: string): Edit {
  if (oldText === "") return refused("invalid-input", "old_str is empty. To add text, use the command insert.");
  if (oldText === newText) return refused("invalid-input", "old_str and new_str are the same: nothing would change.");
  const matches = linesWithMatch(text, oldText);
  if (matches.count === 0) return refused("failed", `No match for old_str in ${path}; nothing was changed. ${nearMiss(text, oldText)}`);
  if (matches.count > 1) {
    const more = matches.count > matches.lines.length ? " …" : "";
    return refused(
      "failed",
      `old_str occurs ${matches.count} times in ${path}, at lines ${matches.lines.join(", ")}${more}; nothing was changed. Add surrounding lines to old_str so that it occurs once.`,
    );
  }
  const at = text.indexOf(oldText);
  const firstLine = matches.lines[0] ?? 1;
  return {
    text: text.slice(0, at) + newText + text.slice(at + oldText.length),
    firstLine,
    lastLine: firstLine + newText.split("\n").length - 1,
  };
}

/** Puts `inserted` after line `afterLine`; 0 is the beginning of the file. */
export function insertLines(text: string, afterLine: number, inserted: string, path: string): Edit {
  const lines = linesOf(text);
  if (afterLine > lines.length)
    return refused("invalid-input", `insert_line is ${afterLine}, but ${path} has ${countOf(lines.length)}: give 0 to ${lines.length}.`);
  const added = linesOf(inserted.endsWith("\n") ? inserted : `${inserted}\n`);
  const endsOpen = text !== "" && !text.endsWith("\n") && afterLine < lines.length;
  return {
    text: [...lines.slice(0, afterLine), ...added, ...lines.slice(afterLine)].join("\n") + (endsOpen ? "" : "\n"),
    firstLine: afterLine + 1,
    lastLine: afterLine + added.length,
  };
}

/** The file with line numbers, or the lines `[first, last]` of it; a last of -1 is the end. */
export function numberedView(text: string, path: string, range: readonly number[] | undefined): ToolOutput {
  const lines = linesOf(text);
  if (lines.length === 0) return { text: `${path} is empty.` };
  const [first = 1, last = -1] = range ?? [];
  const end = last === -1 ? lines.length : Math.min(last, lines.length);
  if (first < 1 || first > lines.length || end < first) {
    return {
      failure: "invalid-input",
      text: `view_range is [${first}, ${last}], but ${path} has ${countOf(lines.length)}: give [first, last] with 1 ≤ first ≤ last, or -1 as the last for the end.`,
    };
  }
  return { text: `${path}, lines ${first} to ${end} of ${lines.length}:\n${numbered(lines, first, end)}` };
}

/** The lines around an edit, to check it by. */
export function snippet(text: string, firstLine: number, lastLine: number): string {
  const lines = linesOf(text);
  return numbered(lines, Math.max(1, firstLine - CONTEXT_LINES), Math.min(lines.length, lastLine + CONTEXT_LINES));
}

function numbered(lines: readonly string[], first: number, last: number): string {
  return lines
    .slice(first - 1, last)
    .map((line, offset) => `${String(first + offset).padStart(6)}\t${line}`)
    .join("\n");
}

/** How often `part` occurs, overlaps included, and the lines where the first matches begin. */
function linesWithMatch(text: string, part: string): { count: number; lines: number[] } {
  const lines: number[] = [];
  let count = 0;
  let line = 1;
  let counted = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
    count += 1;
    if (lines.length === LISTED_MATCHES) continue;
    line += text.slice(counted, at).split("\n").length - 1;
    counted = at;
    lines.push(line);
  }
  return { count, lines };
}

/** Where the text nearly matches: it tells a wrong indentation from a wrong memory of the file. */
function nearMiss(text: string, oldText: string): string {
  const firstLine = linesOf(oldText)
    .find((line) => line.trim() !== "")
    ?.trim();
  const lines = firstLine === undefined ? [] : linesOf(text).flatMap((line, index) => (line.trim() === firstLine ? [index + 1] : []));
  if (lines.length === 0) return "View the file and copy the text exactly, without the line numbers.";
  return `Its first line occurs at line ${lines.slice(0, LISTED_MATCHES).join(", ")}: compare spaces, tabs and the lines that follow.`;
}

function countOf(lines: number): string {
  return lines === 1 ? "1 line" : `${lines} lines`;
}

function refused(failure: NonNullable<ToolOutput["failure"]>, text: string): Edit {
  return { refusal: { failure, text } };
}
