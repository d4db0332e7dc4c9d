/** Records of CSV files (RFC 4180): a header, then rows as objects of text. */
import { AssayError } from "../core/errors.ts";
import type { DataRecord } from "./files.ts";
import { shownNumber, type Line } from "./lines.ts";

/** Throws `data/invalid` for a row with another number of fields than the header, and for quotes that do not match. */
export async function* csvRecords(lines: AsyncIterable<Line>, shown: string): AsyncGenerator<DataRecord> {
  let header: string[] | undefined;
  let pending = "";
  let first = 0;
  for await (const { text, number } of lines) {
    if (pending === "") {
      if (text === "") continue;
      first = number;
    }
    // A field in quotes may hold line breaks: the row goes on until its quotes are even.
    pending = pending === "" ? text : `${pending}\n${text}`;
    if (quotesIn(pending) % 2 === 1) continue;
    const place = `line ${shownNumber(first)}`;
    const fields = fieldsOf(pending, `${shown} ${place}`);
    pending = "";
    if (!header) {
      header = fields;
      continue;
    }
    if (fields.length !== header.length) {
      throw new AssayError("data/invalid", `${shown} ${place}: ${fields.length} fields, but the header has ${header.length}.`);
    }
    const named = header.map((name, index) => [name, fields[index]] as const).filter(([name]) => name !== "__proto__");
    yield { value: Object.fromEntries(named), place };
  }
  if (pending !== "") throw new AssayError("data/invalid", `${shown} line ${shownNumber(first)}: a quoted field is never closed.`);
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

function fieldsOf(row: string, where: string): string[] {
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  while (true) {
    const match = FIELD.exec(row);
    if (!match) throw new AssayError("data/invalid", `${where}: a quotation mark inside an unquoted field.`);
    const [, quoted, plain = "", separator] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (separator === "") return fields;
  }
}
