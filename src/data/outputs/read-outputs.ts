/** Reads the answers that another program gave, out of any file that is understood; which it is shows in its content. */
import { basename } from "node:path";
import { AssayError } from "../../core/errors.ts";
import { kindOfBytes, readBytes, refuseMissing, tooLarge } from "../bytes.ts";
import { linesOf, shownNumber, type Line } from "../lines.ts";
import { isInspectLog, inspectLogOutputs } from "./inspect/log.ts";
import { isLmEval, lmEvalOutputs } from "./lm-eval.ts";
import { isOlmoEval, olmoEvalOutputs } from "./olmo-eval.ts";
import { isPlain, plainOutputs } from "./plain.ts";
import { parsePythonJson } from "./python-json.ts";
import type { OutputReader, OutputRecord } from "./record.ts";

/** The most of a JSON document that is no list of lines: about the longest string there can be. */
const MAX_DOCUMENT_BYTES = 256 * 1024 ** 2;

/** The answers of a file in its order. Throws `data/not-found`, or `data/invalid` that names the file, the place and what is wrong. */
export async function* readOutputs(path: string): AsyncGenerator<OutputRecord> {
  await refuseMissing(path, "Check the path of the file of answers.");
  const shown = basename(path);
  const kind = await kindOfBytes(path);
  if (kind === "zip") {
    const { inspectArchiveOutputs } = await import("./inspect/archive.ts");
    return yield* inspectArchiveOutputs(path, shown);
  }
  let read: OutputReader | undefined;
  for await (const { value, place } of valuesOf(linesOf(readBytes(path, kind, { shown }), shown), shown)) {
    read ??= readerOf(value, `${shown} ${place}`);
    yield* read(value, { shown, place });
  }
}

const LARGE_DOCUMENT = "Write it as lines, or a log of Inspect AI's as .eval: inspect log convert --to eval.";

interface PlacedValue {
  value: unknown;
  place: string;
}

async function* valuesOf(lines: AsyncIterable<Line>, shown: string): AsyncGenerator<PlacedValue> {
  const document: string[] = [];
  let characters = 0;
  for await (const { text, number } of lines) {
    // The first line tells one document, over many lines or a list, from a value a line.
    if (document.length > 0 || /^\s*(?:\[|\{\s*$)/.test(text)) {
      document.push(text);
      characters += text.length;
      if (characters > MAX_DOCUMENT_BYTES) throw tooLarge(shown, MAX_DOCUMENT_BYTES, LARGE_DOCUMENT);
    } else if (text.trim() !== "") {
      const place = `line ${shownNumber(number)}`;
      yield { value: parsePythonJson(text, `${shown} ${place}`), place };
    }
  }
  if (document.length === 0) return;
  const value = parsePythonJson(document.join("\n"), shown);
  if (!Array.isArray(value)) return yield { value, place: "as a whole" };
  for (const [index, row] of value.entries()) yield { value: row, place: `row ${shownNumber(index + 1)}` };
}

const FORMATS = 'lines of {"instance": …, "output": …}, lm-eval\'s samples, olmo-eval\'s predictions, Inspect AI\'s logs (.eval or .json)';

function readerOf(value: unknown, where: string): OutputReader {
  if (typeof value !== "object" || value === null) throw notUnderstood(where, "no JSON object");
  if (isInspectLog(value)) return inspectLogOutputs;
  if (isLmEval(value)) return lmEvalOutputs();
  if (isOlmoEval(value)) return olmoEvalOutputs;
  if (isPlain(value)) return plainOutputs;
  throw notUnderstood(where, `an object with the keys ${Object.keys(value).slice(0, 8).join(", ") || "(none)"}`);
}

function notUnderstood(where: string, what: string): AssayError {
  return new AssayError("data/invalid", `${where}: ${what}, which is no answer of a kind that is understood.`, {
    hint: `Known: ${FORMATS}.`,
  });
}
