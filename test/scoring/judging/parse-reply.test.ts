import { expect, test } from "vitest";
import type { AnswerFormat } from "../../../src/core/judge.ts";
import { choiceFormat, pairFormat, scoreFormat, textFormat, yesNoFormat } from "../../../src/scoring/judging/answer-formats.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";

const grade = choiceFormat({
  correct: { meaning: "it says the same", letter: "C" },
  partial: { meaning: "it says some of it", letter: "P" },
  incorrect: { meaning: "it says something else", letter: "I" },
});
const simpleqa = choiceFormat({
  correct: { meaning: "right", letter: "A" },
  incorrect: { meaning: "wrong", letter: "B" },
  not_attempted: { meaning: "not tried", letter: "C" },
});
const ten = scoreFormat({ low: 1, high: 10 });
const share = scoreFormat({ low: 0, high: 1, isInteger: false });

const parse = (format: AnswerFormat, text: string) => parseReply(format, { text, finishReason: "stop" });
/** The verdict, or the status of a reply that has none. */
const read = (format: AnswerFormat, text: string) => {
  const { status, answer } = parse(format, text);
  return status === "ok" ? answer?.[format.verdict] : `(${status})`;
};

test.each([
  ["**GRADE:** C", "correct"],
  ["**GRADE: C**", "correct"],
  ["GRADE:\u200b I", "incorrect"],
  ["GRADE: Correct", "correct"],
  ["grade: `partial`", "partial"],
  ["Grade = P", "partial"],
  ["GRADE:\n\nC", "correct"],
  ["GRADE (C, P or I): C", "correct"],
  ["The submission says GRADE: C but it is wrong.\nGRADE: I", "incorrect"],
  ["VERDICT: incorrect because the year differs", "incorrect"],
  ["VERDICT: incorrect, the correct answer is 42", "incorrect"],
  ["It says [[C]].\nVERDICT: I", "incorrect"],
  ["C", "correct"],
  ["(P)", "partial"],
  ["Reasons.\n\n**Incorrect.**", "incorrect"],
  ["C: correct", "correct"],
  ["GRADE: C\nGRADE: X", "(off_menu)"],
  ["GRADE: C\nGRADE:", "(off_menu)"],
  ["GRADE: C or I", "(off_menu)"],
  ["GRADE: C/P/I", "(off_menu)"],
  ["VERDICT: correct or incorrect", "(off_menu)"],
  ["VERDICT: not correct", "(off_menu)"],
  ["VERDICT: correct answer missing", "(off_menu)"],
  ["VERDICT: correctish", "(off_menu)"],
  ["GRADE: I think that it is right", "(off_menu)"],
  ["C: incorrect", "(off_menu)"],
  ["GRADE: $LETTER", "(off_menu)"],
  ["GRADE: \u0421", "(off_menu)"],
  ["GRADE: Ｃ", "(off_menu)"],
  ["Answer: C\n\nD", "(off_menu)"],
  ["downgrade: C", "(invalid)"],
  ["It is right, I think.", "(invalid)"],
])("a choice in words: %j is read as %s", (text, expected) => {
  expect(read(grade, text)).toBe(expected);
});

test.each([
  ["Answer: B", "incorrect"],
  ["The answer is CORRECT.", "correct"],
  ["Final answer: NOT ATTEMPTED", "not_attempted"],
  ["not-attempted", "not_attempted"],
  ["(A)", "correct"],
  ["A: INCORRECT", "(off_menu)"],
  ["VERDICT: A match", "(off_menu)"],
  ["CORRECT or INCORRECT? B", "(invalid)"],
])("SimpleQA's letters: %j is read as %s", (text, expected) => {
  expect(read(simpleqa, text)).toBe(expected);
});

test.each([
  ["score: 3 at first. Final Score: 9", 9],
  ["Score: **8**", 8],
  ["**8**", 8],
  ["Rating: [[7]]", 7],
  ["Score: 8/10", 8],
  ["Score: 8 out of 10.", 8],
  ["Score (1-10): 8 points", 8],
  ["Score: 3\nScore: 11", "(off_menu)"],
  ["Score: 3\n\n11", "(off_menu)"],
  ["Score: -2", "(off_menu)"],
  ["Score: 7.5", "(off_menu)"],
  ["Score: 8/100", "(off_menu)"],
  ["Score: 7-8", "(off_menu)"],
  ["Score: 7 or 8", "(off_menu)"],
  ["Score: 8e9", "(off_menu)"],
  ["Score: eight", "(off_menu)"],
  ["I give it an 8", "(invalid)"],
])("a whole number in words: %j is read as %s", (text, expected) => {
  expect(read(ten, text)).toBe(expected);
});

test("a share may have decimals, and none above its range", () => {
  expect(["Score: 0.75", "Score: 1.5", '{"explanation": "", "score": 0.5}'].map((text) => read(share, text))).toEqual([
    0.75,
    "(off_menu)",
    0.5,
  ]);
});

test("of a pair the last bracketed letter counts, and C is a tie", () => {
  const replies = ["I first thought [[A]] but [[B]]", "[[C]]", "VERDICT: tie", "[[A]] … [[D]]", "A is better"];
  expect(replies.map((text) => read(pairFormat(), text))).toEqual(["B", "tie", "tie", "(off_menu)", "(invalid)"]);
});

test("yes and no are words or letters", () => {
  const format = yesNoFormat({ yes: "it is so", no: "it is not" });
  expect(["VERDICT: Yes", "n", "Answer: no.", "VERDICT: maybe"].map((text) => read(format, text))).toEqual([
    "yes",
    "no",
    "no",
    "(off_menu)",
  ]);
});

test("a text is its own verdict", () => {
  expect(read(textFormat("your own answer"), " Paris, I think. ")).toBe("Paris, I think.");
});

test.each([
  ['{"explanation": "says GRADE: C", "verdict": "incorrect"}', "incorrect"],
  ['```json\n{"explanation": "{", "verdict": "partial"}\n```', "partial"],
  ['Here it is:\n{"explanation": "braces } and {x}", "verdict": "incorrect"}\nThat is all.', "incorrect"],
  ['It holds {"explanation": "", "verdict": "correct"}.\nVERDICT: incorrect', "incorrect"],
  ['VERDICT: correct\n{"explanation": "on second thought", "verdict": "incorrect"}', "incorrect"],
  ['{"explanation": "", "verdict": "correct", "verdict": "incorrect"}', "incorrect"],
  ['{"explanation": "", "verdict": "Correct"}', "(off_menu)"],
  ['{"explanation": "", "verdict": "сorrect"}', "(off_menu)"],
  ['{"explanation": "", "verdict": ["correct"]}', "(off_menu)"],
  ['{"explanation": "", "verdict": "correct"} VERDICT: unsure', "(off_menu)"],
  ['{"verdict": "correct"}', "(invalid)"],
  ['{"explanation": "says GRADE: C"}', "(invalid)"],
  ['{"explanation": "says\nGRADE: C\n", "verdict": "incorrect"}', "(invalid)"],
  ['{"explanation": "says GRADE: C", "verd', "(invalid)"],
  ['Well: {"verdict": "incorrect", "explanation": "says\nGRADE: C', "(invalid)"],
  ['["correct"]', "correct"],
])("as JSON: %j is read as %s", (text, expected) => {
  expect(read(grade, text)).toBe(expected);
});

test.each(["*", " ", "grade ", "grade: ", '{"', '{"verdict": ', "[[", "`", "```json\n{", "the ", "\n", "score: 1 "])(
  "a megabyte of %j is read within seconds",
  (piece) => {
    const flood = piece.repeat(Math.ceil(2 ** 20 / piece.length));
    const start = performance.now();
    for (const format of [grade, ten]) for (const text of [flood, `x${flood}x`, `{${flood}`]) parse(format, text);
    expect(performance.now() - start).toBeLessThan(5000);
  },
);

test("a reply that failed says how, in one line", () => {
  const replies = [
    parseReply(grade, { text: '{"explanation": "", "verdict": "correct"}', finishReason: "length" }),
    parseReply(grade, { text: '{"explanation": "", "verdict": "correct"}', finishReason: "content-filter" }),
    parse(grade, "I'm sorry, but I can't help with that."),
    parse(grade, "  "),
    parse(grade, '{"explanation": 3, "verdict": "correct"}'),
    parse(grade, "GRADE: B"),
  ];
  expect(replies.map(({ status, reason }) => `${status}: ${reason}`)).toMatchInlineSnapshot(`
    [
      "truncated: the reply was cut off at its token limit",
      "refused: a content filter ended the reply",
      "refused: the judge declined",
      "invalid: the reply is empty",
      "invalid: explanation: Invalid input: expected string, received number",
      "off_menu: "verdict" is "B", which was not offered",
    ]
  `);
});
