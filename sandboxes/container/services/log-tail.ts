/** The end of what a service prints, both streams in one bound: what it says last is what explains how it ended. */
import type { StreamName } from "../commands/stream.ts";

export interface LogTail {
  add(stream: StreamName, bytes: Uint8Array): void;
  read(): { stdout: Uint8Array; stderr: Uint8Array; droppedBytes: number };
  /** The last lines of both streams, in the order they came. */
  lastLines(count: number): string[];
}

export function logTail(maxBytes: number): LogTail {
  let pieces: { stream: StreamName; bytes: Buffer }[] = [];
  let keptBytes = 0;
  let droppedBytes = 0;
  /** Cuts at the front, and makes one piece of many small ones. */
  const compact = (): void => {
    let excess = Math.max(0, keptBytes - maxBytes);
    droppedBytes += excess;
    keptBytes -= excess;
    const kept: typeof pieces = [];
    for (const { stream, bytes } of pieces) {
      const rest = bytes.subarray(Math.min(excess, bytes.length));
      excess -= bytes.length - rest.length;
      if (rest.length > 0) kept.push({ stream, bytes: rest });
    }
    pieces = joined(kept);
    // A service that goes from one stream to the other at every byte must not be gathered anew at each.
    for (const { bytes } of pieces.splice(0, Math.max(0, pieces.length - MOST_PIECES / 2))) {
      droppedBytes += bytes.length;
      keptBytes -= bytes.length;
    }
  };
  return {
    add(stream, bytes) {
      pieces.push({ stream, bytes: Buffer.from(bytes) });
      keptBytes += bytes.length;
      if (keptBytes > 2 * maxBytes || pieces.length > MOST_PIECES) compact();
    },
    read() {
      compact();
      const of = (name: StreamName): Uint8Array => Buffer.concat(pieces.filter(({ stream }) => stream === name).map(({ bytes }) => bytes));
      return { stdout: of("stdout"), stderr: of("stderr"), droppedBytes };
    },
    lastLines(count) {
      const text = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString("utf8");
      return text
        .split(/[\r\n]+/)
        .filter((line) => line.trim() !== "")
        .slice(-count);
    },
  };
}

const MOST_PIECES = 16_384;

/** Neighbours of one stream become one piece. */
function joined(pieces: readonly { stream: StreamName; bytes: Buffer }[]): { stream: StreamName; bytes: Buffer }[] {
  const groups: { stream: StreamName; parts: Buffer[] }[] = [];
  for (const { stream, bytes } of pieces) {
    const last = groups.at(-1);
    if (last?.stream === stream) last.parts.push(bytes);
    else groups.push({ stream, parts: [bytes] });
  }
  return groups.map(({ stream, parts }) => ({ stream, bytes: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts) }));
}
