/**
 * Tar archives entry by entry, with every byte of a name and of an extended attribute as it is: a file's name need not be text.
 *
 * Reads ustar with the extended headers of pax and GNU; writes ustar with those of pax.
 */
import { isKept, paxRecord, paxRecords } from "./pax-records.ts";

const BLOCK_BYTES = 512;
const CUT_SHORT = "the archive is cut short";
/** Before one entry: what Linux takes of a path, and a few extended attributes of 64 KiB each. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
const NAME = { from: 0, bytes: 100 };
const MODE = { from: 100, bytes: 8 };
const UID = { from: 108, bytes: 8 };
const GID = { from: 116, bytes: 8 };
const SIZE = { from: 124, bytes: 12 };
const CHECKSUM = { from: 148, bytes: 8 };
const TYPE_AT = 156;
const LINK = { from: 157, bytes: 100 };
const MAGIC = { from: 257, bytes: 6 };
const PREFIX = { from: 345, bytes: 155 };

type Field = { from: number; bytes: number };

export interface TarHeader {
  /** As in the archive, one character a byte. */
  path: string;
  /** Of a link: where it leads; the same. */
  target: string;
  kind: "file" | "folder" | "link" | "hard-link" | "device" | "fifo" | "other";
  sizeBytes: number;
  /** The block as it was read. */
  block: Buffer;
  /** What the extended headers said. */
  extensions: ReadonlyMap<string, Buffer>;
}

export interface TarEntry {
  header: TarHeader;
  /** The content; what of it is not read is passed over. */
  content: AsyncIterable<Uint8Array>;
}

const KINDS: Record<string, TarHeader["kind"]> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "link",
  "3": "device",
  "4": "device",
  "5": "folder",
  "6": "fifo",
};

/** The entries in their order. Throws where the archive is cut short or is none. */
export async function* tarEntries(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new ByteReader(archive);
  try {
    for (;;) {
      const extensions = new Map<string, Buffer>();
      let block = await bytes.block();
      let left = MAX_EXTENSION_BYTES;
      for (; block && isExtension(block); block = await bytes.block()) left -= await readExtension(bytes, block, extensions, left);
      // Two blocks of zeros end an archive; one will do, but without one its writer gave up.
      if (!block) throw new Error(CUT_SHORT);
      if (block.every((byte) => byte === 0)) return;
      const header = headerOf(block, extensions);
      const content = new Content(bytes, header.sizeBytes);
      yield { header, content };
      await content.skip();
      await bytes.skip(paddingOf(header.sizeBytes));
    }
  } finally {
    await bytes.close();
  }
}

/** One entry's header under another name, for as much content as before; `owner` is given it where there is one. */
export function tarHeader(
  { block, extensions, kind }: TarHeader,
  path: string,
  { target, owner }: { target?: string; owner?: { uid: number; gid: number } | undefined } = {},
): Buffer {
  const records = new Map([...extensions].filter(([key]) => isKept(key)));
  records.set("path", Buffer.from(path, "latin1"));
  if (kind === "hard-link" && target !== undefined) records.set("linkpath", Buffer.from(target, "latin1"));
  const own = Buffer.from(block);
  own.fill(0, NAME.from, NAME.from + NAME.bytes).write(path.slice(0, NAME.bytes), NAME.from, "latin1");
  own.fill(0, PREFIX.from, PREFIX.from + PREFIX.bytes);
  if (owner) {
    for (const name of ["uid", "gid", "uname", "gname"]) records.delete(name);
    records.set("uid", Buffer.from(String(owner.uid)));
    records.set("gid", Buffer.from(String(owner.gid)));
  }
  return Buffer.concat([paxBlocks(records), withChecksum(own)]);
}

export function paddingOf(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

function isExtension(block: Buffer): boolean {
  return ["x", "g", "L", "K"].includes(String.fromCharCode(block[TYPE_AT] ?? 0));
}

/** Returns the bytes it has, `maxBytes` at most. */
async function readExtension(bytes: ByteReader, block: Buffer, extensions: Map<string, Buffer>, maxBytes: number): Promise<number> {
  const size = numberIn(block, SIZE);
  if (!(size >= 0 && size + BLOCK_BYTES <= maxBytes)) throw new Error("an extended header of the archive is too long");
  const content = await bytes.exactly(size);
  await bytes.skip(paddingOf(size));
  const type = String.fromCharCode(block[TYPE_AT] ?? 0);
  if (type === "L") extensions.set("path", withoutNul(content));
  if (type === "K") extensions.set("linkpath", withoutNul(content));
  if (type === "x") for (const [key, value] of paxRecords(content)) extensions.set(key, value);
  return BLOCK_BYTES + size;
}

function paxBlocks(records: ReadonlyMap<string, Buffer>): Buffer {
  const content = Buffer.concat([...records].map(([key, value]) => paxRecord(key, value)));
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write("pax", NAME.from);
  writeOctal(block, MODE, 0o644);
  writeOctal(block, UID, 0);
  writeOctal(block, GID, 0);
  writeOctal(block, SIZE, content.length);
  block.write("x", TYPE_AT);
  block.write("ustar\0", MAGIC.from);
  block.write("00", MAGIC.from + MAGIC.bytes);
  return Buffer.concat([withChecksum(block), content, Buffer.alloc(paddingOf(content.length))]);
}

function headerOf(block: Buffer, extensions: ReadonlyMap<string, Buffer>): TarHeader {
  if (!block.toString("latin1", MAGIC.from, MAGIC.from + 5).startsWith("ustar")) throw new Error("what came is no tar archive");
  const kind = KINDS[String.fromCharCode(block[TYPE_AT] ?? 0)] ?? "other";
  const prefix = textIn(block, PREFIX);
  // GNU keeps times where ustar has the prefix.
  const hasPrefix = prefix !== "" && block[MAGIC.from + 5] === 0;
  const name = textIn(block, NAME);
  const said = extensions.get("size");
  return {
    path: extensions.get("path")?.toString("latin1") ?? (hasPrefix ? `${prefix}/${name}` : name),
    target: extensions.get("linkpath")?.toString("latin1") ?? textIn(block, LINK),
    kind,
    sizeBytes: kind === "file" || kind === "other" ? (said === undefined ? numberIn(block, SIZE) : Number(said.toString())) : 0,
    block,
    extensions,
  };
}

function textIn(block: Buffer, { from, bytes }: Field): string {
  return withoutNul(block.subarray(from, from + bytes)).toString("latin1");
}

function withoutNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** Octal digits, or, with the highest bit set, a big-endian number (GNU). */
function numberIn(block: Buffer, field: Field): number {
  const first = block[field.from] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(textIn(block, field).trim() || "0", 8);
  let value = first & 0x7f;
  for (let at = field.from + 1; at < field.from + field.bytes; at += 1) value = value * 256 + (block[at] ?? 0);
  return value;
}

function writeOctal(block: Buffer, { from, bytes }: Field, value: number): void {
  block.write(`${value.toString(8).padStart(bytes - 1, "0")}\0`, from, "latin1");
}

function withChecksum(block: Buffer): Buffer {
  block.fill(" ", CHECKSUM.from, CHECKSUM.from + CHECKSUM.bytes);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, CHECKSUM.from, "latin1");
  return block;
}

/** The content of one entry, which must be read or skipped before the next. */
class Content implements AsyncIterable<Uint8Array> {
  readonly #bytes: ByteReader;
  #left: number;

  constructor(bytes: ByteReader, size: number) {
    this.#bytes = bytes;
    this.#left = size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const piece = await this.#bytes.atMost(this.#left);
      this.#left -= piece.length;
      yield piece;
    }
  }

  async skip(): Promise<void> {
    await this.#bytes.skip(this.#left);
    this.#left = 0;
  }
}

/** Reads pieces of any size as runs of bytes. */
class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async block(): Promise<Buffer | undefined> {
    if (this.#rest.length === 0 && !(await this.#more())) return undefined;
    return this.exactly(BLOCK_BYTES);
  }

  async exactly(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = count; left > 0;) {
      const piece = await this.atMost(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Some bytes, one at least. */
  async atMost(count: number): Promise<Buffer> {
    if (this.#rest.length === 0 && !(await this.#more())) throw new Error(CUT_SHORT);
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) left -= (await this.atMost(left)).length;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      if (next.value.length === 0) continue;
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      return true;
    }
  }
}
