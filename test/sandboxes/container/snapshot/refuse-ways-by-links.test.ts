import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { refuseWaysByLinks } from "../../../../sandboxes/container/snapshot/refuse-ways-by-links.ts";
import { tarEntries } from "../../../../sandboxes/container/snapshot/tar-entries.ts";

interface Entry {
  name: string;
  type: "file" | "directory" | "symlink" | "link";
  linkname: string;
}

const path = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const entry: fc.Arbitrary<Entry> = fc.record({
  // As different engines write one name.
  name: fc.tuple(fc.constantFrom("", "./", "/", "a/../"), path).map(([before, name]) => before + name),
  type: fc.constantFrom("file", "directory", "symlink", "link"),
  linkname: path,
});

async function passed(entries: readonly Entry[]): Promise<number> {
  const archive = pack();
  for (const one of entries) archive.entry(one, "");
  archive.finalize();
  let count = 0;
  for await (const _entry of refuseWaysByLinks(tarEntries(Readable.from([await buffer(archive)])))) count += 1;
  return count;
}

/** Unpacks into a tree that is told by its paths alone; whether every entry came where its name says. */
function staysInPlace(entries: readonly Entry[]): boolean {
  const links = new Set<string>();
  const isBelowLink = (name: string): boolean => [...links].some((link) => name.startsWith(`${link}/`));
  for (const { name, type, linkname } of entries) {
    const plain = name.replace(/^(\.\/|\/|a\/\.\.\/)/, "");
    if (isBelowLink(plain) || (type === "link" && isBelowLink(linkname))) return false;
    if (type === "symlink" || type === "link") links.add(plain);
    else links.delete(plain);
  }
  return true;
}

test("an archive passes whole where each file comes where its name says, and is refused where one goes by way of a link", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
      if (staysInPlace(entries)) expect(await passed(entries)).toBe(entries.length);
      else await expect(passed(entries)).rejects.toThrow("below a link");
    }),
    { numRuns: 500 },
  );
});

test("a folder that was a link for a moment does not bring a file to where the link leads", async () => {
  const link: Entry = { name: "w/d", type: "symlink", linkname: "/usr/bin" };
  const program: Entry = { name: "w/d/python3", type: "file", linkname: "" };
  await expect(passed([link, program])).rejects.toThrow("below a link");
  await expect(passed([link, { name: "w/mine", type: "link", linkname: "w/d/python3" }])).rejects.toThrow("below a link");
  expect(await passed([link, { ...link, type: "directory" }, program])).toBe(3);
});
