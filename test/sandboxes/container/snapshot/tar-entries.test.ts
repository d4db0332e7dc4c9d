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
