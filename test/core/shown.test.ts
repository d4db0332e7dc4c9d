import fc from "fast-check";
import { expect, it } from "vitest";
import { cutMiddle } from "../../src/core/shown.ts";

const marker = /\n\[… ([\d,]+) characters? cut …\]\n/;

it("leaves a text that fits as it is", () => {
  expect(cutMiddle("12345", 5)).toEqual({ shown: "12345", cutCharacters: 0 });
  expect(cutMiddle("", 5)).toEqual({ shown: "", cutCharacters: 0 });
});

it("keeps head and tail and says how much is missing between them", () => {
  expect(cutMiddle(`head${"x".repeat(12_345)}tail`, 8)).toEqual({
    shown: "head\n[… 12,345 characters cut …]\ntail",
    cutCharacters: 12_345,
  });
  expect(cutMiddle("abcdef", 5).shown).toBe("abc\n[… 1 character cut …]\nef");
});

it("cuts so that head, cut and tail make the whole, and what is kept never exceeds the limit", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.integer({ min: 0, max: 200 }), (text, max) => {
      const { shown, cutCharacters } = cutMiddle(text, max);
      fc.pre(text.length > max);
      const at = shown.search(marker);
      const head = shown.slice(0, at);
      const tail = shown.slice(at).replace(marker, "");
      expect(head.length + cutCharacters + tail.length).toBe(text.length);
      expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
      expect(head.length + tail.length).toBeLessThanOrEqual(max);
      expect(shown).toContain(`${cutCharacters.toLocaleString("en-US")} character`);
    }),
  );
});

it("never cuts an emoji, a flag or a letter with its accents in two", () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const graphemes = fc.array(fc.constantFrom("a", "é", "e\u0301\u0323", "👩‍👩‍👧‍👦", "🙂", "漢", "👍🏽", "\r\n", "각"), {
    minLength: 20,
    maxLength: 200,
  });
  fc.assert(
    fc.property(graphemes, fc.integer({ min: 0, max: 60 }), (parts, max) => {
      const text = parts.join("");
      fc.pre(text.length > max);
      const edges = new Set([...segmenter.segment(text)].map((segment) => segment.index).concat(text.length));
      const { shown, cutCharacters } = cutMiddle(text, max);
      const headEnd = shown.search(marker);
      expect(edges.has(headEnd) && edges.has(headEnd + cutCharacters)).toBe(true);
      expect(shown.isWellFormed()).toBe(true);
    }),
  );
});

it("cuts endless combining marks, too, without splitting a surrogate pair", () => {
  expect(cutMiddle(`e${"\u0301".repeat(5000)}`, 1000).cutCharacters).toBe(4001);
  const tags = `x${"\u{E0061}".repeat(5000)}`;
  for (const max of [100, 101, 102, 103]) expect(cutMiddle(tags, max).shown.isWellFormed()).toBe(true);
});

it("cuts five megabytes in a few milliseconds", () => {
  const text = "line of output\n".repeat(350_000);
  const startedAt = performance.now();
  expect(cutMiddle(text, 16_000).shown.length).toBeLessThan(16_050);
  expect(performance.now() - startedAt).toBeLessThan(200);
});
