/** Finds the mark that ends a command's output in a session, however the stream is cut into pieces. */

/** Digits of the exit status that follow the mark. */
export const STATUS_DIGITS = 3;

type Emit = (bytes: Uint8Array) => void;

/**
 * Passes a stream's bytes on until a mark comes. Bytes that could be the mark's beginning wait for the next piece;
 * what comes between two commands (a background process) is given to the next one, up to a bound.
 */
export class MarkScanner {
  #pending: Buffer = Buffer.alloc(0);
  #mark: Buffer | undefined;
  #emit: Emit = () => {};
  #found: (status: number) => void = () => {};

  /** Resolves with the status after `mark`; all that precedes the mark goes to `emit`. */
  find(mark: string, emit: Emit): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#mark = Buffer.from(mark);
    this.#emit = emit;
    this.#found = resolve;
    this.push(Buffer.alloc(0));
    return promise;
  }

  push(bytes: Uint8Array): void {
    const all = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    const mark = this.#mark;
    if (mark === undefined) {
      this.#pending = all.subarray(0, MAX_WAITING_BYTES);
      return;
    }
    const at = all.indexOf(mark);
    const keepFrom = at === -1 ? all.length - markBeginningAtEnd(all, mark) : at;
    if (keepFrom > 0) this.#emit(all.subarray(0, keepFrom));
    this.#pending = all.subarray(keepFrom);
    if (at === -1 || this.#pending.length < mark.length + STATUS_DIGITS) return;
    const end = mark.length + STATUS_DIGITS;
    const status = Number(this.#pending.toString("latin1", mark.length, end));
    this.#pending = this.#pending.subarray(end);
    this.#mark = undefined;
    this.#found(status);
  }

  /** Gives out what still waits: no mark will come. */
  flush(): void {
    if (this.#pending.length > 0) this.#emit(this.#pending);
    this.#pending = Buffer.alloc(0);
    this.#mark = undefined;
  }
}

/** Between two commands nobody reads; beyond this a background process's output is dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

function markBeginningAtEnd(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(bytes.length, mark.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
