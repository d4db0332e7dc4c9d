import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { paddingOf, TAR_END, tarEntries, tarHeader } from "../../../../sandboxes/container/snapshot/tar-entries.ts";

interface Written {
  path: string;
  content: string;
}

/** One character a byte, as the entries tell a name: any bytes but NUL, and no slash at the end. */
const name = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"))
  .filter((text) => !text.endsWith("/"));

async function anyArchive(): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: "a", mode: 0o4711, uid: 12, gid: 3_000_000, mtime: new Date(981_173_106_000) }, "content");
  archive.finalize();
  return buffer(archive);
}

async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<Written[]> {
  const entries: Written[] = [];
  for await (const { header, content } of tarEntries(archive)) {
    entries.push({ path: header.path, content: Buffer.concat(await Array.fromAsync(content)).toString("latin1") });
  }
  return entries;
}

test("an entry that is written under any name is read under it, its content whole, however the bytes come in pieces", async () => {
  const original = await anyArchive();
  await fc.assert(
    fc.asyncProperty(name, fc.integer({ min: 1, max: 1500 }), async (path, pieceBytes) => {
      const rewritten: Uint8Array[] = [];
      for await (const { header, content } of tarEntries(Readable.from([original]))) {
        rewritten.push(tarHeader(header, path), ...(await Array.fromAsync(content)), Buffer.alloc(paddingOf(header.sizeBytes)));
      }
      const whole = Buffer.concat([...rewritten, TAR_END]);
      const pieces = function* (): Generator<Uint8Array> {
        for (let from = 0; from < whole.length; from += pieceBytes) yield whole.subarray(from, from + pieceBytes);
      };
      expect(await entriesOf(Readable.from(pieces()))).toEqual([{ path, content: "content" }]);
    }),
  );
});

test("an archive that ends anywhere before its end is refused, and so is what is none", async () => {
  const original = await anyArchive();
  for (const length of [0, 100, 512, 515, 700, 1024]) {
    await expect(entriesOf(Readable.from([original.subarray(0, length)])), `${length} bytes`).rejects.toThrow("cut short");
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 4096 }), async (bytes) => {
      fc.pre(bytes.slice(0, 512).some((byte) => byte !== 0));
      await expect(entriesOf(Readable.from([bytes]))).rejects.toThrow(/archive/);
    }),
  );
});

/** One entry with these records before it, in as many extended headers as there are lists of them. */
async function archiveWith(...headers: Record<string, string>[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (const pax of headers) {
    const archive = pack();
    archive.entry({ name: "a", pax }, "content");
    archive.finalize();
    pieces.push((await buffer(archive)).subarray(0, -2048));
  }
  return Buffer.concat([...pieces, await anyArchive()]);
}

test("a name is the one that it is written under, whatever other record would name it, and what else a file has stays", async () => {
  const kept = { "SCHILY.xattr.user.note": "kept", mtime: "981173106.5", uname: "somebody" };
  const hostile = { "GNU.sparse.name": "/etc/passwd", "GNU.sparse.major": "1", comment: "odd", path: "b" };
  const [entry] = await Array.fromAsync(tarEntries(Readable.from([await archiveWith({ ...hostile, ...kept })])));
  if (!entry) throw new Error("no entry");
  const written = Readable.from([tarHeader(entry.header, "renamed"), Buffer.from("content".padEnd(512, "\0")), TAR_END]);
  const [read] = await Array.fromAsync(tarEntries(written));
  const records = Object.fromEntries([...(read?.header.extensions ?? [])].map(([key, value]) => [key, value.toString()]));
  expect(records).toEqual({ ...kept, path: "renamed" });
});

test("an entry with more before it than a file can have is refused, in one header or in many", async () => {
  const large = (key: string, bytes: number): Record<string, string> => ({ [`SCHILY.xattr.user.${key}`]: "v".repeat(bytes) });
  const many = Array.from({ length: 5 }, (_, number) => large(String(number), 250_000));
  await expect(entriesOf(Readable.from([await archiveWith(large("one", 1_100_000))]))).rejects.toThrow("too long");
  await expect(entriesOf(Readable.from([await archiveWith(...many)]))).rejects.toThrow("too long");
  expect(await entriesOf(Readable.from([await archiveWith(...many.slice(0, 4))]))).toEqual([{ path: "a", content: "content" }]);
});
