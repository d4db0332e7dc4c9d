import fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameOf, trialIdOf } from "../../src/core/ids.ts";

const id = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
  fc.string({ minLength: 1 }),
  fc
    .array(fc.constantFrom("..", "/", "\\", ".", "%2F", "\0", "CON", " ", "_", "\ud800", "\udc00", "*", ":"), { minLength: 1 })
    .map((parts) => parts.join("")),
);

test("a file name made from any id stays in its folder and is short", () => {
  fc.assert(
    fc.property(id, (one) => {
      const name = fileNameOf(one);
      expect(name).toMatch(/^[A-Za-z0-9%_!~'()-][A-Za-z0-9%_.!~'()-]*$/);
      expect(name.length).toBeLessThanOrEqual(150);
    }),
    { numRuns: 500 },
  );
});

test("two ids never have the same file name", () => {
  fc.assert(
    fc.property(id, id, (one, other) => {
      fc.pre(one !== other);
      expect(fileNameOf(one)).not.toBe(fileNameOf(other));
    }),
    { numRuns: 500 },
  );
  expect(fileNameOf("a b")).not.toBe(fileNameOf("a_b"));
  expect(fileNameOf("\ud800")).not.toBe(fileNameOf("\udc00"));
  expect(fileNameOf(trialIdOf("humaneval:3shot", "HumanEval/1", 2))).toBe("humaneval%3A3shot%2FHumanEval%2F1%2F2");
});
