import { buffer } from "node:stream/consumers";
import { pack, type Header } from "tar-stream";
import { expect, test } from "vitest";
import { unsafeEntry } from "../../src/scoring/safe-tar.ts";

async function tarOf(...entries: Partial<Header>[]): Promise<Uint8Array> {
  const archive = pack();
  for (const entry of entries) archive.entry({ name: "out", ...entry }, entry.type === undefined ? "content" : "");
  archive.finalize();
  return buffer(archive);
}

test("a file, a folder with files, and links inside of it are safe", async () => {
  expect(await unsafeEntry(await tarOf({ name: "out.txt" }))).toBeUndefined();
  const tree = await tarOf(
    { name: "out/", type: "directory" },
    { name: "out/a/b.txt" },
    { name: "out/a/up", type: "symlink", linkname: "../a/b.txt" },
    { name: "out/hard", type: "link", linkname: "out/a/b.txt" },
  );
  expect(await unsafeEntry(tree)).toBeUndefined();
});

test.each<[Partial<Header>, string]>([
  [{ name: "out/../../etc/passwd" }, "leads out by .."],
  [{ name: "/etc/passwd" }, "is absolute"],
  [{ name: "elsewhere.txt" }, "is outside of the artifact"],
  [{ name: "out/link", type: "symlink", linkname: "/etc" }, 'is a link to "/etc", which leads out'],
  [{ name: "out/link", type: "symlink", linkname: "../../etc" }, 'is a link to "../../etc", which leads out'],
  [{ name: "out/link", type: "symlink", linkname: "../beside" }, 'is a link to "../beside", which leads out'],
  [{ name: "out/link", type: "link", linkname: "/etc/shadow" }, 'is a link to "/etc/shadow", which leads out'],
  [{ name: "out/null", type: "character-device", devmajor: 1, devminor: 3 }, "is a character-device"],
  [{ name: "out/disk", type: "block-device", devmajor: 8, devminor: 0 }, "is a block-device"],
  [{ name: "out/pipe", type: "fifo" }, "is a fifo"],
])("%j is refused", async (entry, reason) => {
  const tar = await tarOf({ name: "out/", type: "directory" }, entry);
  expect(await unsafeEntry(tar)).toBe(`its entry ${JSON.stringify(entry.name)} ${reason}`);
});

test("what is no archive is refused", async () => {
  expect(await unsafeEntry(new TextEncoder().encode("no tar ".repeat(200)))).toMatch(/^it is no readable archive/);
});
