/** Reads the answers that another program gave, out of any file that is understood; which it is shows in its content. */
import { basename } from "node:path";
import { AssayError } from "../../core/errors.ts";
import { kindOfBytes, readBytes, refuseMissing } from "../bytes.ts";
import { linesOf, shownNumber, type Line } from "../lines.ts";
import { isPlain, plainOutputs } from "./plain.ts";
import { parsePythonJson } from "./python-json.ts";
import type { OutputReader, OutputRecord } from "./record.ts";

const FORMATS = 'lines of {"instance": …, "output": …}';

/** The answers of a file in its order. Throws `data/not-found`, or `data/invalid` that names the file, the place and what is wrong. */
export async function* readOutputs(path: string): AsyncGenerator<OutputRecord> {
  await refuseMissing(path, "Check the path given with --outputs.");
  const shown = basename(path);
  const kind = await kindOfBytes(path);
  if (kind === "zip") throw notUnderstood(shown, "a zip archive");
  let read: OutputReader | undefined;
  for await (const { value, place } of valuesOf(linesOf(readBytes(path, kind, { shown }), shown), shown)) {
    read ??= readerOf(value, shown, place);
    yield* read(value, { shown, place });
  }
}

interface PlacedValue {
  value: unknown;
  place: string;
}

async function* valuesOf(lines: AsyncIterable<Line>, shown: string): AsyncGenerator<PlacedValue> {
  for await (const { text, number } of lines) {
    if (text.trim() === "") continue;
    const place = `line ${shownNumber(number)}`;
    yield { value: parsePythonJson(text, `${shown} ${place}`), place };
  }
}

function readerOf(value: unknown, shown: string, place: string): OutputReader {
  if (typeof value !== "object" || value === null) throw notUnderstood(`${shown} ${place}`, "no JSON object");
  if (isPlain(value)) return plainOutputs;
  throw notUnderstood(`${shown} ${place}`, `an object with the keys ${Object.keys(value).slice(0, 8).join(", ") || "(none)"}`);
}

function notUnderstood(where: string, what: string): AssayError {
  return new AssayError("data/invalid", `${where}: ${what}, which is no answer of a kind that is understood.`, {
    hint: `Known: ${FORMATS}.`,
  });
}
