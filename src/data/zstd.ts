/**
 * Decompresses zstd of any number of frames: Node's own decoder stops after the first and says nothing.
 * Source of the layout: RFC 8878, "Zstandard Compression and the 'application/zstd' Media Type", §3.1.
 */
import { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";

const MAGIC = 0xfd2fb528;
/** The low four bits of a skippable frame's magic number are anybody's. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const CHECKSUM_BYTES = 4;
const BLOCK_RLE = 1;

/** What all frames of `chunks` hold, one after the other. Throws where the bytes are no zstd or end too early. */
export async function* decompressZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks);
  while (await reader.hasMore()) {
    const magic = await reader.take(4);
    const number = magic.readUInt32LE(0);
    if ((number & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      await reader.skip((await reader.take(4)).readUInt32LE(0));
      continue;
    }
    if (number !== MAGIC) throw new Error("what follows is no zstd frame");
    const frame = Readable.from(frameBytes(magic, reader), { objectMode: false });
    const stream = frame.pipe(createZstdDecompress());
    frame.on("error", (error) => stream.destroy(error));
    yield* stream as AsyncIterable<Buffer>;
  }
}

/** The bytes of the frame that begins with `magic`. */
async function* frameBytes(magic: Buffer, reader: ByteReader): AsyncGenerator<Buffer> {
  yield magic;
  const head = await reader.take(1);
  yield head;
  const descriptor = head.readUInt8(0);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  yield await reader.take((isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + sizeBytes);
  for (let isLast = false; !isLast;) {
    const block = await reader.take(3);
    yield block;
    const header = block.readUIntLE(0, 3);
    isLast = (header & 1) === 1;
    yield* reader.pieces(((header >> 1) & 3) === BLOCK_RLE ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) yield await reader.take(CHECKSUM_BYTES);
}

/** Takes exact numbers of bytes out of a stream of pieces. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#rest = next.value;
    }
    return true;
  }

  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const piece of this.pieces(bytes)) parts.push(piece);
    return Buffer.concat(parts);
  }

  async skip(bytes: number): Promise<void> {
    for await (const _skipped of this.pieces(bytes));
  }

  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (!(await this.hasMore())) throw new Error("the zstd data ends in the middle of a frame");
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}
