/** The sheet that a person fills in: one row a trial, as CSV or as JSON lines. The judge's verdict is not on it: it would be copied. */

export interface SheetRow {
  trial: string;
  attempt: number;
  task: string;
  question: string;
  output: string | null;
  reference: string | null;
  label: string | number | null;
  comment: string;
}

const COLUMNS = ["trial", "attempt", "task", "question", "output", "reference", "label", "comment"] as const satisfies (keyof SheetRow)[];

/** What a spreadsheet takes for a formula: a cell that begins so is written with an apostrophe before it, as OWASP's "CSV Injection" advises. */
const FORMULA = /^[\s]*['=+\-@\t\r＝＋－＠]/;

export function csvSheet(rows: readonly SheetRow[]): string {
  return [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(","))]
    .map((line) => `${line}\r\n`)
    .join("");
}

export function jsonLinesSheet(rows: readonly SheetRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function cell(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  const text = (value ?? "").toWellFormed().replaceAll("\0", "\u2400");
  return `"${guarded(text).replaceAll('"', '""')}"`;
}

function guarded(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** A cell of an id as it was before it was guarded. */
export function unguarded(text: string): string {
  return text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}
