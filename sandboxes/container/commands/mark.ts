/**
 * The mark that ends a command's output on both of its streams, and how it is found however these are cut into pieces.
 *
 * It is random and new for each command, so no output can stand for it. A process of the same user can read it from the
 * shell's memory: that can cut a result short, as it could by killing the command.
 */

import { randomBytes } from "node:crypto";

/**
 * A new mark. It begins with a character that the line after no mark has: of two marks on one stream (a session's
 * command, and the session's own process) the one must never hold back the last bytes of the other.
 */
export function newMark(): string {
  return `~${randomBytes(24).toString("hex")}`;
}

/** Shell code that prints the mark and a line after it on two streams; `mark` and `line` are shell words. */
export function printMark(mark: string, line: string, streams: { out: number; err: number }): string {
  const print = `printf '%s%s\\n' ${mark} ${line}`;
  return `${print} >&${streams.out}; ${print} >&${streams.err}`;
}

type Emit = (bytes: Buffer) => void;

/**
 * Passes a stream's bytes on until a mark comes. Bytes that could be the mark's beginning wait for the next piece;
 * what comes between two commands (a background process) is given to the next one, up to a bound.
 */
export class MarkScanner {
  #pending: Buffer = Buffer.alloc(0);
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #mark: Buffer | undefined;
  #emit: Emit = () => {};
  #found: (line: string) => void = () => {};

  /** Resolves with the rest of the line after `mark`; all that precedes the mark goes to `emit`. */
  find(mark: string, emit: Emit): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#mark = Buffer.from(mark);
    this.#emit = emit;
    this.#found = resolve;
    const early = [this.#pending, ...this.#early];
    this.#pending = Buffer.alloc(0);
    this.#early = [];
    this.#earlyBytes = 0;
    for (const bytes of early) this.push(bytes);
    return promise;
  }

  push(bytes: Buffer): void {
    const mark = this.#mark;
    if (mark === undefined) {
      if (this.#earlyBytes + bytes.length > MAX_EARLY_BYTES) return;
      // A copy: what it is a piece of may be much larger.
      this.#early.push(Buffer.from(bytes));
      this.#earlyBytes += bytes.length;
      return;
    }
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const at = all.indexOf(mark);
    const keepFrom = at === -1 ? all.length - markBeginningAtEnd(all, mark) : at;
    if (keepFrom > 0) this.#emit(all.subarray(0, keepFrom));
    this.#pending = all.subarray(keepFrom);
    const end = at === -1 ? -1 : this.#pending.indexOf(NEWLINE, mark.length);
    if (end === -1) return;
    const line = this.#pending.toString("latin1", mark.length, end);
    this.#pending = Buffer.from(this.#pending.subarray(end + 1));
    const found = this.#found;
    this.#forget();
    found(line);
  }

  /** Gives out what still waits: no mark will come. */
  flush(): void {
    if (this.#pending.length > 0) this.#emit(this.#pending);
    this.#pending = Buffer.alloc(0);
    this.#forget();
  }

  /** Between two commands nothing of the last one is held: it may be much, and the next one may be long in coming. */
  #forget(): void {
    this.#mark = undefined;
    this.#emit = () => {};
    this.#found = () => {};
  }
}

const NEWLINE = 10;
/** Between two commands nobody reads; beyond this a background process's output is dropped. */
const MAX_EARLY_BYTES = 1024 * 1024;

function markBeginningAtEnd(bytes: Buffer, mark: Buffer): number {
  if (!bytes.subarray(-mark.length).includes(mark[0] ?? 0)) return 0;
  for (let length = Math.min(bytes.length, mark.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
