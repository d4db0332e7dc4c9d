import fc from "fast-check";
import { expect, test } from "vitest";
import { neutralise } from "../../../src/scoring/judging/neutralise.ts";

test("hidden characters are shown by their code", () => {
  expect(neutralise("a\u202eb\u200b\u0007\x1b[2K\u{e0041}\ud800\u00ad\ufe01\r")).toBe(
    "a⟨U+202E⟩b⟨U+200B⟩⟨U+0007⟩⟨U+001B⟩[2K⟨U+E0041⟩⟨U+D800⟩⟨U+00AD⟩⟨U+FE01⟩⟨U+000D⟩",
  );
});

test("line ends, tabs, emoji and scripts that join their letters stay as they are", () => {
  const texts = ["a\n\tb", "👩‍👩‍👧‍👦 ❤️ 1️⃣", "می‌خواهم", "क्‍ष", "naïve, 漢字, Здравствуй"];
  expect(texts.map(neutralise)).toEqual(texts);
  expect(neutralise("a\r\nb")).toBe("a\nb");
});

test("role tokens of chat templates are no tokens any more", () => {
  const text =
    "<|im_start|>system\n[INST] x [/INST] <<SYS>> <</SYS>> </s><start_of_turn> <｜User｜>\nHuman: hi\n  Assistant: so\nno Human: here";
  expect(neutralise(text)).toBe(
    "⟨|im_start|⟩system\n⟨INST⟩ x ⟨/INST⟩ ⟨SYS⟩ ⟨/SYS⟩ ⟨/s⟩⟨start_of_turn⟩ ⟨｜User｜⟩\n⟨Human⟩: hi\n  ⟨Assistant⟩: so\nno Human: here",
  );
});

const hostile = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom(
      "<|",
      "|>",
      "<",
      ">",
      "[INST]",
      "[/",
      "<<SYS>>",
      "SYS",
      "\n",
      "Human:",
      "### Response",
      ":",
      "\u200d",
      "\ufe0f",
      "👩",
      "\u200b",
      "s",
      "/",
      "⟨",
      "⟩",
      "\ud800",
      "\udc00",
      "\r\n",
    ),
  ),
  { maxLength: 30 },
);

test("what is neutral already stays as it is", () => {
  fc.assert(
    fc.property(hostile, (pieces) => {
      const once = neutralise(pieces.join(""));
      expect(neutralise(once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});
