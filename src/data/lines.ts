/** Splits a stream of bytes into lines of text. */
import { AssayError } from "../core/errors.ts";

export interface Line {
  text: string;
  /** From 1. */
  number: number;
}

/** Longest line: a hostile file without a line break must not fill the memory. */
const MAX_LINE_BYTES = 256 * 1024 ** 2;

const NEWLINE = 0x0a;

/** Lines without their line break, `\r` included; a byte order mark is dropped. Throws `data/invalid` for a line too long or not UTF-8. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, shown: string): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const flush = (): Line => {
    const text = decodeText(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), `${shown} line ${shownNumber(number)}`);
    const line = { text: text.endsWith("\r") ? text.slice(0, -1) : text, number };
    parts = [];
    bytes = 0;
    number += 1;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      yield flush();
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > MAX_LINE_BYTES)
      throw new AssayError("data/invalid", `${shown} line ${shownNumber(number)} is longer than ${MAX_LINE_BYTES / 1024 ** 2} MiB.`);
  }
  if (bytes > 0) yield flush();
}

/** UTF-8 as text, without a byte order mark. Throws `data/invalid`. */
export function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AssayError("data/invalid", `${where} is not UTF-8 text.`, { hint: "Convert the file to UTF-8.", cause: error });
  }
}

/** 1234 as "1,234". */
export function shownNumber(number: number): string {
  return number.toLocaleString("en-US");
}
