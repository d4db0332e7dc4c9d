/** A file that only grows: written in the background, in order, one write for all that piled up meanwhile. */
import { open, type FileHandle } from "node:fs/promises";
import type { DiskFailure } from "./disk-failure.ts";
import { writeTraceIndex } from "./trace-index.ts";

export interface AppendFileOptions {
  path: string;
  /** As errors call it, relative to the run folder. */
  name: string;
  failure: DiskFailure;
  /** `new` fails where the file exists; `any` goes on at its end. */
  existing: "new" | "any";
  /** Bytes that the file has already. */
  size?: number;
  /** How long a write waits for company: for files that many trials share. Default 0. */
  windowMs?: number;
  /** Awaited before each write: what must be in other files first. */
  before?: () => Promise<void>;
}

interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
}

export class AppendFile {
  readonly #options: AppendFileOptions;
  #handle: FileHandle | undefined;
  #size: number;
  #texts: string[] = [];
  #waiters: Waiter[] = [];
  #isRunning = false;
  #isSynced = true;

  constructor(options: AppendFileOptions) {
    this.#options = options;
    this.#size = options.size ?? 0;
  }

  /** Bytes of the file when all that was appended is written. */
  get size(): number {
    return this.#size;
  }

  /** Queues `text`; returns its offset in the file. Never throws: a failure shows in {@link written}. */
  append(text: string): number {
    const offset = this.#size;
    if (this.#options.failure.error !== undefined) return offset;
    this.#size += Buffer.byteLength(text);
    this.#texts.push(text);
    this.#start();
    return offset;
  }

  /** Resolves when everything appended so far is written; rejects with `run/disk`. */
  written(): Promise<void> {
    const { error } = this.#options.failure;
    if (error !== undefined) return Promise.reject(error);
    if (!this.#isRunning) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Makes what is written survive a power failure. */
  async sync(): Promise<void> {
    if (this.#isSynced || this.#handle === undefined) return;
    this.#isSynced = true;
    await this.#handle.datasync();
  }

  /** As {@link close}, for a trace: its index is written too. */
  async closeIndexed(): Promise<void> {
    await this.close();
    if (this.#size > 0) await writeTraceIndex(this.#options.path);
  }

  /** Writes what is queued, syncs and closes. */
  async close(): Promise<void> {
    try {
      await this.written();
      await this.sync();
    } finally {
      await this.#handle?.close();
      this.#handle = undefined;
    }
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const pump = () => void this.#pump();
    if (this.#options.windowMs === undefined) queueMicrotask(pump);
    else setTimeout(pump, this.#options.windowMs);
  }

  async #pump(): Promise<void> {
    const { failure, name } = this.#options;
    while (this.#texts.length > 0 || this.#waiters.length > 0) {
      const texts = this.#texts;
      const waiters = this.#waiters;
      this.#texts = [];
      this.#waiters = [];
      try {
        if (failure.error !== undefined) throw failure.error;
        if (texts.length > 0) await this.#write(texts);
        for (const waiter of waiters) waiter.resolve();
      } catch (cause) {
        const error = failure.report(name, cause);
        for (const waiter of waiters) waiter.reject(error);
      }
    }
    this.#isRunning = false;
  }

  async #write(texts: string[]): Promise<void> {
    const { path, existing, before } = this.#options;
    await before?.();
    this.#handle ??= await open(path, existing === "new" ? "ax" : "a");
    this.#isSynced = false;
    let rest = Buffer.from(texts.length === 1 ? (texts[0] ?? "") : texts.join(""));
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.write(rest);
      rest = rest.subarray(bytesWritten);
    }
  }
}
