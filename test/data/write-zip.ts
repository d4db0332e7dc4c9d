/** Writes zip archives for tests, sound ones and such as no tool would write. */
import { crc32, deflateRawSync, zstdCompressSync } from "node:zlib";

export interface Member {
  name: string;
  content: string | Buffer;
  /** Default stored. `zstd-frames`: a frame for every 1,000 bytes. A number: that method, with the content as it is. */
  method?: "stored" | "deflate" | "zstd" | "zstd-frames" | number;
  isEncrypted?: boolean;
}

/** `zip64`: sizes and offsets stand in the extra fields that are for archives beyond 4 GiB, and so does the directory's place. */
export function zipOf(members: readonly Member[], { zip64 = false }: { zip64?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const content = Buffer.from(member.content);
    const { code, data } = packed(content, member.method ?? "stored");
    const name = Buffer.from(member.name);
    const fields = {
      name,
      code,
      crc: crc32(content),
      size: content.length,
      packedSize: data.length,
      isEncrypted: member.isEncrypted ?? false,
    };
    const local = header(fields, { zip64: false, offset: undefined });
    parts.push(local, data);
    directory.push(header(fields, { zip64, offset }));
    offset += local.length + data.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, ...endOf({ count: members.length, bytes: central.length, offset, zip64 })]);
}

const METHODS = { stored: 0, deflate: 8, zstd: 93, "zstd-frames": 93 };

function packed(content: Buffer, method: NonNullable<Member["method"]>): { code: number; data: Buffer } {
  if (typeof method === "number") return { code: method, data: content };
  const code = METHODS[method];
  if (method === "stored") return { code, data: content };
  if (method === "deflate") return { code, data: deflateRawSync(content) };
  if (method === "zstd") return { code, data: zstdCompressSync(content) };
  const frames = Array.from({ length: Math.ceil(content.length / 1000) }, (_, index) =>
    zstdCompressSync(content.subarray(index * 1000, (index + 1) * 1000)),
  );
  return { code, data: Buffer.concat(frames) };
}

interface Fields {
  name: Buffer;
  code: number;
  crc: number;
  size: number;
  packedSize: number;
  isEncrypted: boolean;
}

const UTF8_NAMES = 0x800;
const UNKNOWN = 0xffffffff;

/** A local header, or the directory's where there is an offset. APPNOTE.TXT 4.3.7 and 4.3.12. */
function header(
  { name, code, crc, size, packedSize, isEncrypted }: Fields,
  { zip64, offset }: { zip64: boolean; offset: number | undefined },
): Buffer {
  const extra = zip64 ? Buffer.alloc(28) : Buffer.alloc(0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [index, value] of [size, packedSize, offset ?? 0].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  }
  const isDirectory = offset !== undefined;
  const head = Buffer.alloc(isDirectory ? 46 : 30);
  head.writeUInt32LE(isDirectory ? 0x02014b50 : 0x04034b50, 0);
  const shared = isDirectory ? 6 : 4;
  head.writeUInt16LE(45, shared);
  head.writeUInt16LE(UTF8_NAMES | (isEncrypted ? 1 : 0), shared + 2);
  head.writeUInt16LE(code, shared + 4);
  head.writeUInt32LE(crc, shared + 10);
  head.writeUInt32LE(zip64 ? UNKNOWN : packedSize, shared + 14);
  head.writeUInt32LE(zip64 ? UNKNOWN : size, shared + 18);
  head.writeUInt16LE(name.length, shared + 22);
  head.writeUInt16LE(extra.length, shared + 24);
  if (isDirectory) head.writeUInt32LE(zip64 ? UNKNOWN : offset, 42);
  return Buffer.concat([head, name, extra]);
}

function endOf({ count, bytes, offset, zip64 }: { count: number; bytes: number; offset: number; zip64: boolean }): Buffer[] {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 ? UNKNOWN : bytes, 12);
  end.writeUInt32LE(zip64 ? UNKNOWN : offset, 16);
  if (!zip64) return [end];
  const [end64, locator] = [Buffer.alloc(56), Buffer.alloc(20)];
  end64.writeUInt32LE(0x06064b50, 0);
  for (const [at, value] of [
    [4, 44],
    [24, count],
    [32, count],
    [40, bytes],
    [48, offset],
  ] as const)
    end64.writeBigUInt64LE(BigInt(value), at);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return [end64, locator, end];
}
