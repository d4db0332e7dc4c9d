/** Reads a file line by line, with the position of each. */
import { open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface Line {
  text: string;
  offset: number;
  /** Without the newline. */
  bytes: number;
  /** Whether it lacks its newline: what a crash leaves at the end of a file. */
  isTorn: boolean;
}

/** The lines of `path` in the bytes [offset, offset + bytes), or to its end. */
export async function* readLines(
  path: string,
  { offset = 0, bytes = Infinity }: { offset?: number; bytes?: number } = {},
): AsyncGenerator<Line> {
  await using handle = await open(path, "r");
  const end = offset + bytes;
  let pending: Buffer[] = [];
  let lineStart = offset;
  for (let position = offset; position < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1 && newline < bytesRead; newline = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, newline);
      const line = pending.length === 0 ? piece : Buffer.concat([...pending, piece]);
      pending = [];
      yield { text: line.toString("utf8"), offset: lineStart, bytes: line.length, isTorn: false };
      from = newline + 1;
      lineStart = position + from;
    }
    if (from < bytesRead) pending.push(chunk.subarray(from, bytesRead));
    position += bytesRead;
  }
  if (pending.length === 0) return;
  const line = Buffer.concat(pending);
  yield { text: line.toString("utf8"), offset: lineStart, bytes: line.length, isTorn: true };
}
