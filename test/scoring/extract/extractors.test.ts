import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lastBoxed, removeBoxed } from "../../../src/scoring/extract/boxed.ts";
import { answerLetterInspect, answerLineInspect, extractLetter, mcqOlmo } from "../../../src/scoring/extract/choice-letter.ts";
import { extractCodeOlmo, indentCodeOlmo } from "../../../src/scoring/extract/code-olmo.ts";
import { extractPython, fencedBlocks } from "../../../src/scoring/extract/code.ts";
import { dropNormalize, dropScore } from "../../../src/scoring/extract/drop.ts";
import { gsm8kCotStrict, gsm8kExactMatch, gsm8kFlexible, gsm8kOlmo, gsm8kStrict } from "../../../src/scoring/extract/gsm8k.ts";
import { assembleHumanEval } from "../../../src/scoring/extract/humaneval.ts";
import { hendrycksMatch, isEquivString, stripString } from "../../../src/scoring/extract/math-hendrycks.ts";
import { minervaExtract, minervaNormalize, olmoMathAnswers } from "../../../src/scoring/extract/math-minerva.ts";
import { mmluFlexible, mmluPro, mmluStrict } from "../../../src/scoring/extract/mmlu.ts";
import { extractNumber, isSameNumber } from "../../../src/scoring/extract/number.ts";
import { largestAssignment } from "../../../src/scoring/extract/assignment.ts";
import { squadScore } from "../../../src/scoring/extract/squad.ts";
import { stripThinking, thinkAnswerOnly } from "../../../src/scoring/extract/think.ts";

const problem = {
  prompt: 'from math import floor\n\n\ndef add(a, b):\n    """Add."""\n',
  entry_point: "add",
  test: "def check(candidate):\n    assert candidate(1, 2) == 3\n",
};

const extractors: Record<string, (text: string) => unknown> = {
  extractNumber,
  extractLetter,
  mcqOlmo,
  answerLetterInspect,
  answerLineInspect,
  fencedBlocks,
  extractCodeOlmo,
  indentCodeOlmo,
  gsm8kStrict,
  gsm8kFlexible,
  gsm8kCotStrict,
  gsm8kOlmo,
  mmluStrict,
  mmluPro,
  stripThinking,
  thinkAnswerOnly,
  lastBoxed,
  removeBoxed,
  stripString,
  minervaExtract,
  minervaNormalize,
  olmoMathAnswers,
  dropNormalize,
  extractPython: (text) => extractPython(text),
  assembleHumanEval: (text) => assembleHumanEval(problem, text),
  mmluFlexible: (text) => mmluFlexible(text, ["Paris", "(a+)+", ""]),
  isSameNumber: (text) => isSameNumber(text, "18"),
  gsm8kExactMatch: (text) => gsm8kExactMatch(text, "#### 18"),
  isEquivString: (text) => isEquivString(text, "\\frac12"),
  hendrycksMatch: (text) => hendrycksMatch(text, text),
  dropScore: (text) => dropScore([text], [text]),
  squadScore: (text) => squadScore(text, text),
};

const pieces = [
  "\\boxed{",
  "\\boxed ",
  "}",
  "{",
  "$",
  "\\frac",
  "\\sqrt",
  "\\text{",
  "=",
  "/",
  "1",
  ",",
  ".",
  "-",
  " ",
  "\n",
  "ANSWER:",
  "answer is ",
  "####",
  "<think>",
  "</think>",
  "<answer>",
  "</answer>",
  "```",
  "```python\n",
  "Final Answer: The final answer is",
  " I hope it is correct",
  "(A)",
  "**B. ",
  ":",
  "The answer is ",
];
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((list) => list.join("")),
);

describe.each(Object.entries(extractors))("%s", (_name, extract) => {
  test("answers any text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(() => extract(text)).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
  test("takes time in proportion to the text, however hostile", { timeout: 20_000 }, () => {
    for (const piece of [...pieces, "\t", "1,111", "a1", "\n ", "answer ", "$1", "\\text{\n", "'"]) {
      const text = `${piece.repeat(Math.ceil(50_000 / piece.length))}!`;
      const startedAt = performance.now();
      extract(text);
      const seconds = (performance.now() - startedAt) / 1000;
      expect({ piece, isSlow: seconds > 1.5 }).toEqual({ piece, isSlow: false });
    }
  });
});

test.each([
  ["So the total is $1,250.00 in all.", "1250.00"],
  ["3 + 15 = 18\n#### 18", "18"],
  ["The answer is \\boxed{-3.50}, since 2 is too small", "-3.50"],
  ["The answer is 3 + 4 = 7 apples", "7"],
  ["**Answer: $18**", "18"],
  ["between 10-20", "20"],
  ["It is −5.", "-5"],
  ["1, 2, 3", "3"],
  ["version v1.2.3", null],
  ["no number", null],
])("the number of %j is %j", (text, number) => {
  expect(extractNumber(text)).toBe(number);
});

test("numbers are compared without rounding", () => {
  expect(isSameNumber("18.0", "$18")).toBe(true);
  expect(isSameNumber("-0", "0")).toBe(true);
  expect(isSameNumber("9007199254740993", "9007199254740992")).toBe(false);
  expect(isSameNumber("eighteen", "18")).toBeNull();
});

test.each([
  ["Answer: The cat", null],
  ["The answer is (C).", "C"],
  ["**Answer:** B", "B"],
  ["\\boxed{\\text{D}}", "D"],
  ["(A) is wrong, (B) is right", "B"],
])("the letter of %j is %j", (text, letter) => {
  expect(extractLetter(text)).toBe(letter);
});

describe("a HumanEval reply", () => {
  const definition = "def add(a, b):\n    return a + b\n";
  const whole = `from math import floor\n\n\n${definition}\n${problem.test}\ncheck(add)`;
  test.each([
    ["is the whole function in a fence", `Sure:\n\`\`\`python\n${definition}\`\`\`\nDone.`],
    ["is the whole function without a fence", `Here it is:\n${definition}`],
    ["has a usage example in an earlier fence", `\`\`\`python\nprint(1)\n\`\`\`\n\`\`\`py\n${definition}\`\`\``],
    ["has reasoning before it", `<think>\`\`\`python\nbad\n\`\`\`</think>\`\`\`python\n${definition}\`\`\``],
    ["was cut off before its fence was closed", `\`\`\`python\n${definition.trimEnd()}`],
  ])("%s: it replaces the prompt's definition and keeps its imports", (_what, reply) => {
    expect(assembleHumanEval(problem, reply)).toBe(whole);
  });
  test("keeps what a fenced reply does before its function", () => {
    expect(assembleHumanEval(problem, `\`\`\`python\nprint(7)\nMOD = 7\n${definition}\`\`\``)).toContain(
      `print(7)\nMOD = 7\n${definition}`,
    );
  });
  test.each([
    ["indented", "    return a + b"],
    ["not indented", "return a + b"],
    ["in a fence", "```python\nreturn a + b\n```"],
  ])("that is a body, %s, continues the prompt", (_what, reply) => {
    expect(assembleHumanEval(problem, reply)).toContain(`${problem.prompt}    return a + b\n`);
  });
  test("whose first line alone lost its indentation gets it back", () => {
    expect(assembleHumanEval(problem, "for x in (a, b):\n        pass\n    return a + b\n")).toContain(
      "    for x in (a, b):\n        pass\n    return a + b\n",
    );
  });
});

test("the best assignment is found, as trying all of them finds it", () => {
  const best = (table: number[][], row = 0, used = new Set<number>()): number => {
    const values = table[row];
    if (values === undefined) return 0;
    const taken = values.map((value, column) => (used.has(column) ? 0 : value + best(table, row + 1, new Set([...used, column]))));
    return Math.max(best(table, row + 1, used), ...taken);
  };
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
    );
  fc.assert(
    fc.property(table, (rows) => {
      expect(largestAssignment(rows)).toBe(best(rows));
    }),
  );
});
