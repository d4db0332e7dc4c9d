/** Records of JSON Lines and JSON files. */
import { AssayError } from "../core/errors.ts";
import type { DataRecord } from "./files.ts";
import { shownNumber, type Line } from "./lines.ts";

/** One JSON value a line; empty lines are skipped. */
export async function* jsonLineRecords(lines: AsyncIterable<Line> | Iterable<Line>, shown: string): AsyncGenerator<DataRecord> {
  for await (const { text, number } of lines) {
    if (text.trim() === "") continue;
    const place = `line ${shownNumber(number)}`;
    yield { value: parseJson(text, `${shown} ${place}`), place };
  }
}

/** A JSON array of rows; what does not begin with `[` is read as JSON Lines, which many `.json` data files are. */
export async function* jsonRecords(text: string, shown: string): AsyncGenerator<DataRecord> {
  if (!text.trimStart().startsWith("["))
    return yield* jsonLineRecords(
      text.split("\n").map((line, index) => ({ text: line, number: index + 1 })),
      shown,
    );
  const rows = parseJson(text, shown);
  if (!Array.isArray(rows)) return;
  for (const [index, value] of rows.entries()) yield { value, place: `row ${shownNumber(index + 1)}` };
}

/** Whether a text may hold the key `__proto__`, spelled out or with escapes of its letters. */
const PROTOTYPE_KEY = /__proto__|\\u00(?:5f|6f|7[024])/i;

/** A JSON text as a value without any `__proto__`. Throws `data/invalid`. */
export function parseJson(text: string, where: string): unknown {
  try {
    // A row's own `__proto__` becomes the prototype of whatever it is copied into. A reviver is slow: only where it may be needed.
    return PROTOTYPE_KEY.test(text)
      ? JSON.parse(text, (key, value: unknown) => (key === "__proto__" ? undefined : value))
      : JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/ in JSON at position.*$| is not valid JSON$/s, "") : String(error);
    throw new AssayError("data/invalid", `${where}: not valid JSON: ${reason.slice(0, 200)}`, {
      hint: "Fix it there, or name another file.",
      cause: error,
    });
  }
}
