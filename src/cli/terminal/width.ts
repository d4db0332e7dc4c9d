/** How many columns text takes on a terminal, and cutting it to fit. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const ASCII = /^[\x20-\x7E]*$/;
// East Asian wide and full-width ranges, and emoji shown as pictures.
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]|^\p{Emoji_Presentation}|\uFE0F/u;
const ZERO = /^[\p{Mn}\p{Me}\u200C\u200D]+$/u;

/** Columns of text without control characters. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += graphemeColumns(segment);
  return columns;
}

function graphemeColumns(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** As much of the beginning as fits into `columns`. */
export function headOf(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let taken = "";
  let left = columns;
  for (const { segment } of graphemes.segment(text)) {
    left -= graphemeColumns(segment);
    if (left < 0) break;
    taken += segment;
  }
  return taken;
}

/** Cuts text to `columns`, the last of them `…` where something was cut. */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  return columns > 0 ? `${headOf(text, columns - 1)}…` : "";
}

/** Breaks one line of text into lines of at most `columns`. */
export function wrapToColumns(text: string, columns: number): string[] {
  if (columnsOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const width = graphemeColumns(segment);
    if (used + width > columns && line !== "") {
      lines.push(line);
      [line, used] = ["", 0];
    }
    line += segment;
    used += width;
  }
  return [...lines, line];
}

export function padEndColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

export function padStartColumns(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - columnsOf(text))) + text;
}
