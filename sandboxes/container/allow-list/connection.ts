/** A connection that a sandbox made, as a stream on this side of its forwarder. */
import { Duplex } from "node:stream";
import { MAX_PAYLOAD_BYTES, numberPayload, type FrameType } from "./frames.ts";

/** Bytes that may be on their way in one direction, so that a slow reader holds up nobody but its own connection. */
export const WINDOW_BYTES = 128 * 1024;

export interface ConnectionWays {
  send: (type: FrameType, payload?: Uint8Array) => void;
  /** Whether the forwarder does not read fast enough; `wake` follows. */
  isCongested: () => boolean;
  onClosed: () => void;
}

export class ForwardedConnection extends Duplex {
  readonly #ways: ConnectionWays;
  /** How much may be sent, how much may come, and how much came that was not given back yet. */
  #sendBytes = WINDOW_BYTES;
  #receiveBytes = WINDOW_BYTES;
  #heldBytes = 0;
  #hasEnded = false;
  #isEnded = false;
  #resume: (() => void) | undefined;
  #movedAt = performance.now();

  constructor(ways: ConnectionWays) {
    super({ allowHalfOpen: true });
    this.#ways = ways;
  }

  /** How long no byte has gone either way. */
  get idleMs(): number {
    return performance.now() - this.#movedAt;
  }

  /** Bytes from the sandbox. Throws where there are more than it was told that it may send. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.#receiveBytes || this.#isEnded) throw new Error("more bytes than its window");
    this.#movedAt = performance.now();
    this.#receiveBytes -= bytes.length;
    this.#heldBytes += bytes.length;
    if (this.push(bytes)) this.#giveBack();
  }

  /** The sandbox sends no more. */
  receiveEnd(): void {
    if (this.#isEnded) throw new Error("a second end");
    this.#isEnded = true;
    this.push(null);
  }

  /** The sandbox has read so much. Throws where that is more than it was sent. */
  allowMore(bytes: number): void {
    this.#movedAt = performance.now();
    this.#sendBytes += bytes;
    if (this.#sendBytes > WINDOW_BYTES) throw new Error("a window that grows");
    this.wake();
  }

  wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _read(): void {
    this.#giveBack();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#sendBytes === 0 || this.#ways.isCongested()) {
        const left = rest;
        this.#resume = () => this._write(left, _encoding, done);
        return;
      }
      const piece = rest.subarray(0, Math.min(this.#sendBytes, MAX_PAYLOAD_BYTES));
      this.#sendBytes -= piece.length;
      rest = rest.subarray(piece.length);
      this.#ways.send("D", piece);
    }
    done();
  }

  override _final(done: () => void): void {
    this.#hasEnded = true;
    this.#ways.send("E");
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume = undefined;
    if (!this.#hasEnded || !this.#isEnded) this.#ways.send("R");
    this.#ways.onClosed();
    done(error);
  }

  #giveBack(): void {
    const bytes = this.#heldBytes;
    if (bytes === 0 || this.destroyed || this.#isEnded) return;
    this.#heldBytes = 0;
    this.#receiveBytes += bytes;
    this.#ways.send("W", numberPayload(bytes));
  }
}
