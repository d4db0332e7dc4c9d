import { describe, expect, it } from "vitest";
import type { FileEntry, FileListing } from "../../../src/core/sandbox-files.ts";
import { compareListings, knownFrom, type Comparison } from "../../../src/run/trial/capture/compare.ts";

const MANY = 20_000;

/** A path that ends in `/` is a folder; `inode` is what it keeps when it moves. */
function entry(path: string, inode: number | string): FileEntry {
  const kind = path.endsWith("/") ? "folder" : "file";
  const times = { changedAtMs: 1_000, modifiedAtMs: 1_000 };
  return { path: `/workspace/${path.replace(/\/$/, "")}`, kind, sizeBytes: 1, mode: 0o644, inode: `1:${inode}`, ...times };
}

function listing(entries: FileEntry[], unreadable: string[] = []): FileListing {
  return { entries, takenAtMs: 2_000, clockStepMs: 10, isTruncated: false, unreadable, leftOut: [] };
}

/** What happened from one to the other, and how long it took to tell. */
function compared(before: FileEntry[], after: FileEntry[], unreadable: string[] = []): Comparison & { tookMs: number } {
  const known = knownFrom(listing(before));
  const startedAt = performance.now();
  return { ...compareListings(known, listing(after, unreadable)), tookMs: performance.now() - startedAt };
}

const said = ({ changes }: Comparison): string[] =>
  changes.map(({ change, entry: { path }, from }) => `${change} ${from === undefined ? "" : `${from} → `}${path}`);

describe("two listings compared", () => {
  it("tell renamed folders first, then what left them by the name that its folder has now", () => {
    const before = [entry("d/", 1), entry("d/x", 2), entry("d/kept", 3), entry("d/gone", 4)];
    const after = [entry("a", 2), entry("f/", 1), entry("f/kept", 3)];
    expect(said(compared(before, after))).toEqual([
      "renamed /workspace/d → /workspace/f",
      "renamed /workspace/f/x → /workspace/a",
      "deleted /workspace/f/gone",
    ]);
  });

  it("tell a folder that went out of a renamed one, and one that came back into its place", () => {
    const before = [entry("d/", 1), entry("d/in/", 2), entry("d/in/file", 3)];
    const after = [entry("a/", 2), entry("a/file", 3), entry("e/", 1), entry("e/in/", 4), entry("e/in/new", 5)];
    expect(said(compared(before, after))).toEqual([
      "renamed /workspace/d/in → /workspace/a",
      "renamed /workspace/d → /workspace/e",
      "created /workspace/e/in",
      "created /workspace/e/in/new",
    ]);
  });

  it("take time in proportion to their length: thousands of renamed folders, of hard links, of folders that were closed", () => {
    const numbers = Array.from({ length: MANY }, (_, index) => index);
    const folders = (prefix: string) =>
      numbers.map((number) =>
        number % 10 === 0 ? entry(`${prefix}${number}/`, number) : entry(`${prefix}${number - (number % 10)}/${number}`, number),
      );
    const renamed = compared(folders("d"), folders("renamed"));
    expect(renamed.changes).toHaveLength(MANY / 10);
    const links = (prefix: string, inode: string) =>
      numbers.map((number) => ({ ...entry(`${prefix}${number}`, inode), sizeBytes: number }));
    const linked = compared(
      links("a", "same"),
      links("b", "same").map((link) => ({ ...link, modifiedAtMs: 0 })),
    );
    expect(linked.changes).toHaveLength(2 * MANY);
    const closed = compared(
      numbers.map((number) => entry(`d${number % 5_000}/${number}`, number)),
      [],
      numbers.slice(0, 4_000).map((number) => `/workspace/d${number}`),
    );
    expect(closed.changes).toHaveLength(MANY / 5);
    // Tens of milliseconds each. Where each was compared with each, they took 8 to 25 s, and all other trials waited.
    for (const { tookMs } of [renamed, linked, closed]) expect(tookMs).toBeLessThan(3_000);
  });
});
