import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLine } from "../../src/cli/terminal/json-line.ts";
import { renderLine, styled } from "../../src/cli/terminal/line.ts";
import { printable, printableLine } from "../../src/cli/terminal/printable.ts";
import { clockText, durationText, tokensText, usdText } from "../../src/cli/terminal/quantities.ts";
import { columnsOf, cutToColumns, wrapToColumns } from "../../src/cli/terminal/width.ts";

const anyText = fc.string({ unit: "binary" });

test("no text whatsoever keeps a control character, but for line ends", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      // oxlint-disable-next-line no-control-regex
      expect(printable(text)).not.toMatch(/[\0-\x09\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/);
      expect(printableLine(text)).not.toContain("\n");
    }),
  );
});

test("control characters are shown, not dropped", () => {
  expect(printable("a\x1b[31mb\rc\r\nd\te\u202Ef\x9b")).toBe("a␛[31mb␍c\nd    e<U+202E>f<U+009B>");
});

test("what --json prints is the same value in JSON, and holds nothing that acts on a terminal", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const line = jsonLine(value);
      // oxlint-disable-next-line no-control-regex
      expect(line.slice(0, -1)).not.toMatch(/[\0-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(jsonLine("\x9b31m\u202E")).toBe('"\\u009b31m\\u202e"\n');
});

test("cut text never takes more columns than it is given", () => {
  fc.assert(
    fc.property(anyText.map(printableLine), fc.integer({ min: 0, max: 40 }), (text, columns) => {
      expect(columnsOf(cutToColumns(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

test("wrapped text is the same text, each line within its columns", () => {
  fc.assert(
    fc.property(anyText.map(printableLine), fc.integer({ min: 2, max: 40 }), (text, columns) => {
      const lines = wrapToColumns(text, columns);
      expect(lines.join("")).toBe(text);
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
    }),
  );
});

test("wide and combining characters count as the columns they take", () => {
  expect(columnsOf("世界")).toBe(4);
  expect(columnsOf("e\u0301")).toBe(1);
  expect(columnsOf("👩‍🚀!")).toBe(3);
  expect(cutToColumns("世界地図", 5)).toBe("世界…");
});

test("a line is cut once, where its pieces together are too long", () => {
  expect(renderLine(["abc", styled(" def ", "dim"), "ghi"], process.stdout, 8)).toBe("abc def…");
});

test("quantities read as people say them", () => {
  expect([3, 850, 3210, 42_000, 125_000, 3_600_000, 4_320_000].map(durationText)).toEqual([
    "3 ms",
    "850 ms",
    "3.2 s",
    "42 s",
    "2 min 5 s",
    "1 h",
    "1 h 12 min",
  ]);
  expect([0, 999, 3900].map(clockText)).toEqual(["0 s", "0 s", "3 s"]);
  expect([830, 12_345, 4_560_000].map(tokensText)).toEqual(["830", "12.3k", "4.56M"]);
  expect([null, 0, 0.00421, 1.234].map(usdText)).toEqual(["unknown", "$0", "$0.0042", "$1.23"]);
});
