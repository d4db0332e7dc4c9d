/** The elements of one JSON array, each as soon as it has come: the whole may be too large for memory, or to be parsed at once. */

/** `null` counts as an array without elements. Throws where it is neither, is cut short, or has an element of more than `maxElementBytes`. */
export async function* jsonElements(json: AsyncIterable<Uint8Array>, maxElementBytes: number): AsyncGenerator<unknown> {
  const elements = new Elements(maxElementBytes);
  for await (const piece of json) yield* elements.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  elements.end();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BLANK = /^[ \t\n\r]*$/;

/**
 * A class, for how far the text was read is its state. It finds only where elements end, which in UTF-8 no byte of another character can
 * look like; whether each is well formed is for JSON.parse to say.
 */
class Elements {
  readonly #maxBytes: number;
  /** What has come since the last boundary. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #count = 0;
  #isOver = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(piece: Buffer): Generator<unknown> {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      if (this.#isInString && !this.#isEscaped) at = plainTextEnd(piece, at);
      const byte = piece[at] ?? 0;
      if (!this.#isBoundary(byte)) continue;
      this.#keep(piece.subarray(from, at));
      from = at + 1;
      yield* this.#pass(byte, this.#take());
    }
    this.#keep(piece.subarray(from));
  }

  end(): void {
    const rest = this.#take();
    if (this.#isOver ? !BLANK.test(rest) : this.#depth !== 0 || rest.trim() !== "null") throw notOne();
  }

  /** Whether the array begins or ends with this byte, or one of its elements does. */
  #isBoundary(byte: number): boolean {
    if (this.#isInString) {
      if (byte === QUOTE && !this.#isEscaped) this.#isInString = false;
      this.#isEscaped = byte === BACKSLASH && !this.#isEscaped;
      return false;
    }
    if (byte === QUOTE) this.#isInString = true;
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) return (this.#depth += 1) === 1;
    if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) return (this.#depth -= 1) <= 0;
    return byte === COMMA && this.#depth === 1;
  }

  *#pass(byte: number, before: string): Generator<unknown> {
    if (byte === OPEN_LIST && !this.#isOver && BLANK.test(before)) return;
    this.#isOver = byte === CLOSE_LIST && this.#depth === 0;
    if (!this.#isOver && byte !== COMMA) throw notOne();
    if (this.#isOver && this.#count === 0 && BLANK.test(before)) return;
    this.#count += 1;
    yield JSON.parse(before);
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new Error(`an element of a JSON array has more than ${this.#maxBytes} bytes`);
    this.#pieces.push(piece);
  }

  #take(): string {
    const text = Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }
}

/** Nearly all there is of a long list are names, in which only these bytes matter. */
function plainTextEnd(piece: Buffer, from: number): number {
  let at = from;
  while (at < piece.length && piece[at] !== QUOTE && piece[at] !== BACKSLASH) at += 1;
  return at;
}

function notOne(): SyntaxError {
  return new SyntaxError("what came is no whole JSON array");
}
