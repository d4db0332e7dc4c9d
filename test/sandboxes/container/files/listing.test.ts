import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseListing } from "../../../../sandboxes/container/files/parse-listing.ts";
import type { FileEntry } from "../../../../src/core/sandbox-files.ts";

const MARK = "0123456789abcdef01234567";
const CLOCK_MS = 1_800_000_000_500;

/** Any name that a file can have: everything but NUL and, in UTF-8, a slash. */
const name = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.constantFrom("a\nb", "x\ty", " -> ", "' -> '", "end", "gnu", "f 1:2 644 0 1.0 1.0", "new\n\nline"),
  )
  .map((text) => text.replaceAll(/[\0/]/g, "_").toWellFormed());
const times = fc.integer({ min: 1_000_000_000, max: 1_900_000_000 }).map((seconds) => seconds * 1000 + 250);
const entry: fc.Arbitrary<FileEntry> = fc
  .record({
    name,
    kind: fc.constantFrom("file" as const, "folder" as const, "link" as const, "other" as const),
    sizeBytes: fc.nat(),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    inode: fc.tuple(fc.nat(), fc.nat()).map(([device, number]) => `${device}:${number}`),
    changedAtMs: times,
    modifiedAtMs: times.map((ms) => Math.floor(ms / 1000) * 1000),
    target: name,
  })
  .map(({ name: last, target, ...fields }) => ({ path: `/work/${last}`, ...fields, ...(fields.kind === "link" && { target }) }));
const entries = fc.array(entry, { maxLength: 12 });

const GNU_TYPES = { file: "f", folder: "d", link: "l", other: "p" };
const MODES = { file: 0o100000, folder: 0o040000, link: 0o120000, other: 0o010000 };
const seconds = (ms: number) => (ms / 1000).toFixed(10);

function gnuOutput(listed: readonly FileEntry[]): string {
  const records = listed.map(
    ({ path, kind, sizeBytes, mode, inode, changedAtMs, modifiedAtMs, target = "" }) =>
      `${GNU_TYPES[kind]} ${inode} ${mode.toString(8)} ${sizeBytes} ${seconds(changedAtMs)} ${seconds(modifiedAtMs)}\0${path}\0${target}\0`,
  );
  return `clock\0${seconds(CLOCK_MS)}\0\0left\0/usr\0\0${records.join("")}end\0\0\0`;
}

function busyboxOutput(listed: readonly FileEntry[]): string {
  const records = listed.map(({ path, kind, sizeBytes, mode, inode, changedAtMs, modifiedAtMs, target }) => {
    const head = `${(MODES[kind] | mode).toString(16)} ${inode} ${sizeBytes} ${Math.floor(changedAtMs / 1000)} ${modifiedAtMs / 1000} 2026-01-02 03:04:05.250000000 +0000`;
    return `${head}${MARK}${path}${MARK}${target === undefined ? path : `'${path}' -> '${target}'`}${MARK}\n`;
  });
  const begin = `left${MARK}/usr${MARK}${MARK}clock${MARK}1800000000 2026-01-02 03:04:05.500000000 +0000${MARK}${MARK}`;
  return `${begin}${records.join("")}end${MARK}${MARK}${MARK}`;
}

function parse(output: string | Uint8Array, style: "gnu" | "busybox", maxEntries = 1_000) {
  const separator = style === "gnu" ? "\0" : MARK;
  const printed = { stdout: Buffer.from(output), stderr: Buffer.alloc(0), isComplete: false };
  return parseListing(printed, { separator, style, maxEntries, leftOut: ["/proc"] });
}

describe.each([
  ["gnu" as const, gnuOutput],
  ["busybox" as const, busyboxOutput],
])("a listing by %s find", (style, print) => {
  it("comes back as it was, whatever the names", () => {
    fc.assert(
      fc.property(entries, (listed) => {
        const listing = parse(print(listed), style);
        expect(listing?.entries).toEqual(listed);
        expect(listing).toMatchObject({ isTruncated: false, takenAtMs: CLOCK_MS, leftOut: ["/proc", "/usr"] });
      }),
    );
  });

  it("cut anywhere, is the beginning of the same, and says so", () => {
    fc.assert(
      fc.property(entries, fc.double({ min: 0, max: 1, noNaN: true }), (listed, share) => {
        const whole = Buffer.from(print(listed));
        const cut = whole.subarray(0, Math.floor(share * (whole.length - 1)));
        const listing = parse(cut, style);
        if (!listing) return;
        expect(listing.isTruncated).toBe(true);
        expect(listed.slice(0, listing.entries.length)).toEqual(listing.entries);
      }),
    );
  });

  it("holds no more entries than asked for", () => {
    fc.assert(
      fc.property(entries, fc.nat({ max: 5 }), (listed, most) => {
        const listing = parse(print(listed), style, most);
        expect(listing?.entries).toEqual(listed.slice(0, most));
        expect(listing?.isTruncated).toBe(listed.length > most);
      }),
    );
  });
});

it("output that is no listing is refused, never believed and never a crash", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect(parse(bytes, "gnu")).toBeUndefined()));
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
      const hostile = Buffer.concat([Buffer.from("clock\u00001.5\0\0"), ...pieces.flatMap((piece) => [piece, Buffer.of(0)])]);
      expect(parse(hostile, "gnu")?.entries.every(({ path }) => path.startsWith("/"))).toBe(true);
    }),
  );
});

it("a name that is not UTF-8 is shown with its bytes, so that two never become one", () => {
  const head = "f 1:2 644 0 1.0 1.0\0";
  const output = Buffer.concat([
    Buffer.from(`clock\u00001.0\0\0${head}/a`),
    Buffer.of(0xff, 0, 0),
    Buffer.from(`${head}/a`),
    Buffer.of(0xfe, 0, 0),
    Buffer.from("end\0\0\0"),
  ]);
  expect(parse(output, "gnu")?.entries.map(({ path }) => path)).toEqual(["/a\\xff", "/a\\xfe"]);
});

it("a clock of whole seconds is known to be one", () => {
  const record = `81a4 1:2 0 1800000000 1800000000 2026-01-02 03:04:05.000000000 +0000${MARK}/a${MARK}/a${MARK}\n`;
  const listing = parse(`clock${MARK}1800000000${MARK}${MARK}${record}end${MARK}${MARK}${MARK}`, "busybox");
  expect(listing).toMatchObject({ clockStepMs: 1_000, takenAtMs: 1_800_000_000_000 });
});
