/** Takes apart the Engine's multiplexed stream and collects what a command printed. */

export type StreamName = "stdout" | "stderr";

const HEADER_BYTES = 8;

/**
 * Returns a function to feed with the pieces of a multiplexed stream; they may be split anywhere.
 * Each frame is a header (stream, 3 zero bytes, big-endian length) and a payload.
 * Source: Docker Engine API, "ContainerAttach", stream format.
 */
export function demultiplexer(onOutput: (stream: StreamName, bytes: Buffer) => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let payloadBytes = 0;
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (payloadBytes === 0) {
        const taken = chunk.copy(header, headerBytes, offset, offset + HEADER_BYTES - headerBytes);
        headerBytes += taken;
        offset += taken;
        if (headerBytes < HEADER_BYTES) return;
        headerBytes = 0;
        payloadBytes = header.readUInt32BE(4);
        continue;
      }
      const payload = chunk.subarray(offset, offset + payloadBytes);
      offset += payload.length;
      payloadBytes -= payload.length;
      onOutput(header[0] === 2 ? "stderr" : "stdout", payload);
    }
  };
}

/** Output kept up to a cap over both streams together; what goes beyond is counted. */
export class OutputCollector {
  readonly #kept = { stdout: new Pieces(), stderr: new Pieces() };
  #keptBytes = 0;
  #droppedBytes = 0;
  readonly #maxBytes: number;
  readonly #onOutput: ((stream: StreamName, bytes: Uint8Array) => void) | undefined;

  constructor(maxBytes: number, onOutput?: (stream: StreamName, bytes: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#onOutput = onOutput;
  }

  add(stream: StreamName, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const kept = bytes.subarray(0, Math.max(0, this.#maxBytes - this.#keptBytes));
    this.#keptBytes += kept.length;
    this.#droppedBytes += bytes.length - kept.length;
    if (kept.length > 0) this.#kept[stream].add(kept);
    // Not the Buffer itself: its slice() would share our memory instead of copying it.
    this.#onOutput?.(stream, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Ends the collection: what was kept is handed over. */
  result(): { stdout: Uint8Array; stderr: Uint8Array; truncated: boolean; droppedBytes: number } {
    return {
      stdout: this.#kept.stdout.take(),
      stderr: this.#kept.stderr.take(),
      truncated: this.#droppedBytes > 0,
      droppedBytes: this.#droppedBytes,
    };
  }
}

const SLAB_BYTES = 64 * 1024;
/** Smaller pieces are copied together: a program that prints byte by byte would cost a hundred times its output in pieces. */
const SMALL_BYTES = 4 * 1024;

/** Bytes that come in pieces, kept in few. */
class Pieces {
  #pieces: Uint8Array[] = [];
  #slab = Buffer.alloc(0);
  #slabBytes = 0;

  add(bytes: Uint8Array): void {
    if (bytes.length >= SMALL_BYTES) {
      this.#closeSlab();
      this.#pieces.push(bytes);
      return;
    }
    if (this.#slabBytes + bytes.length > this.#slab.length) {
      this.#closeSlab();
      this.#slab = Buffer.allocUnsafeSlow(this.#pieces.length === 0 ? SMALL_BYTES : SLAB_BYTES);
    }
    this.#slab.set(bytes, this.#slabBytes);
    this.#slabBytes += bytes.length;
  }

  /** All of them as one; none is left. */
  take(): Uint8Array {
    this.#closeSlab();
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return new Uint8Array(all.buffer, all.byteOffset, all.byteLength);
  }

  #closeSlab(): void {
    if (this.#slabBytes > 0) this.#pieces.push(this.#slab.subarray(0, this.#slabBytes));
    this.#slab = this.#slab.subarray(this.#slabBytes);
    this.#slabBytes = 0;
  }
}
