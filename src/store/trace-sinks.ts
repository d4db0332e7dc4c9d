/** The two ways in which a trace is written: a file a trial, or blocks of many trials in shared segments. */
import { join } from "node:path";
import type { TraceLocation } from "../core/record.ts";
import { AppendFile } from "./append-file.ts";
import type { DiskFailure } from "./disk-failure.ts";
import type { TraceSink } from "./trial-recorder.ts";

/** A new segment is begun at this size. */
const SEGMENT_BYTES = 256 * 1024 * 1024;
/** How long blocks of other trials are waited for, so that many make one write. */
export const SHARED_WINDOW_MS = 1;

export function streamName(fileName: string, attempt: number): string {
  return `traces/${fileName}.${attempt}.jsonl`;
}

export function segmentName(number: number): string {
  return `traces/direct-${number}.jsonl`;
}

/** A file of the trial's own: each event is handed to the operating system as it happens. `onClosed` is given the file to sync and close. */
export function streamSink(runPath: string, name: string, failure: DiskFailure, onClosed: (file: AppendFile) => void): TraceSink {
  const file = new AppendFile({ path: join(runPath, name), name, failure, existing: "new" });
  return {
    line: (text) => void file.append(text),
    async written() {
      await file.written();
      return { file: name };
    },
    async close(): Promise<TraceLocation> {
      try {
        await file.written();
      } finally {
        onClosed(file);
      }
      return { file: name };
    },
  };
}

/** The shared files: a trial's events wait in memory and go out as one block. */
export class Segments {
  readonly #runPath: string;
  readonly #failure: DiskFailure;
  readonly #maxBytes: number;
  #number: number;
  #file: AppendFile;
  #full: AppendFile[] = [];

  /** Goes on in segment `number`, which has `size` bytes. */
  constructor(options: { runPath: string; failure: DiskFailure; number: number; size: number; maxBytes?: number }) {
    this.#runPath = options.runPath;
    this.#failure = options.failure;
    this.#maxBytes = options.maxBytes ?? SEGMENT_BYTES;
    this.#number = options.number;
    this.#file = this.#open(options.size);
  }

  sink(): TraceSink {
    const lines: string[] = [];
    return {
      line: (text) => void lines.push(text),
      close: () => Promise.resolve(this.#append(lines.join(""))),
    };
  }

  /** Resolves when every block so far is written. */
  async written(): Promise<void> {
    for (const file of this.#full) await file.written();
    await this.#file.written();
  }

  async sync(): Promise<void> {
    // a file stays in the list until it is written: others wait for it there.
    for (let file = this.#full[0]; file !== undefined; file = this.#full[0]) {
      await file.closeIndexed();
      this.#full.shift();
    }
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.sync();
    await this.#file.closeIndexed();
  }

  #append(block: string): TraceLocation {
    if (this.#file.size >= this.#maxBytes) {
      this.#full.push(this.#file);
      this.#number += 1;
      this.#file = this.#open(0);
    }
    const offset = this.#file.append(block);
    return { file: segmentName(this.#number), offset, bytes: Buffer.byteLength(block) };
  }

  #open(size: number): AppendFile {
    const name = segmentName(this.#number);
    return new AppendFile({
      path: join(this.#runPath, name),
      name,
      failure: this.#failure,
      existing: "any",
      size,
      windowMs: SHARED_WINDOW_MS,
    });
  }
}
