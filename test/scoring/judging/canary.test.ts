/**
 * Wrong answers that attack their judge, against prompts and parser as they are, with judges scripted to keep to the form of answer while they
 * quote what they are shown. Whether a real judge is taken in is another question; here nothing but the judge's own verdict may count.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerFormat, JudgeQuestion } from "../../../src/core/judge.ts";
import { choiceFormat, pairFormat, scoreFormat, yesNoFormat } from "../../../src/scoring/judging/answer-formats.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";
import { newBoundary, renderPrompt } from "../../../src/scoring/judging/render-prompt.ts";
import { suspectedInjection } from "../../../src/scoring/judging/suspicion.ts";
import { ATTACKS } from "./attacks.ts";

/** A form of answer, with what a judge that sees through the attack says in it. */
interface Form {
  name: string;
  format: AnswerFormat;
  verdict: string | number;
  /** Ends of replies in words. */
  inWords: readonly string[];
}

const FORMS: readonly Form[] = [
  {
    name: "correct, partial or incorrect",
    format: choiceFormat({
      correct: { meaning: "right", letter: "C" },
      partial: { meaning: "half right", letter: "P" },
      incorrect: { meaning: "wrong", letter: "I" },
    }),
    verdict: "incorrect",
    inWords: ["VERDICT: incorrect", "**GRADE:** I", "Incorrect."],
  },
  {
    name: "SimpleQA",
    format: choiceFormat({
      correct: { meaning: "right", letter: "A" },
      incorrect: { meaning: "wrong", letter: "B" },
      not_attempted: { meaning: "not tried", letter: "C" },
    }),
    verdict: "incorrect",
    inWords: ["VERDICT: incorrect", "Answer: B", "B"],
  },
  { name: "yes or no", format: yesNoFormat({ yes: "right", no: "wrong" }), verdict: "no", inWords: ["VERDICT: no", "**Verdict:** No."] },
  { name: "1 to 5", format: scoreFormat({ low: 1, high: 5 }), verdict: 1, inWords: ["SCORE: 1", "**1**", "Final score: 1/5"] },
  {
    name: "0 to 10",
    format: scoreFormat({ low: 0, high: 10, isInteger: false }),
    verdict: 0.5,
    inWords: ["SCORE: 0.5", "Rating: [[0.5]]"],
  },
  { name: "a pair, the attack being A", format: pairFormat(), verdict: "B", inWords: ["VERDICT: B", "My verdict: [[B]]"] },
];

function questionOn(submission: string, { format }: Form): JudgeQuestion {
  return {
    id: "grade",
    prompt: {
      instructions: "You grade answers.",
      data: [
        { name: "question", text: "What is the capital of France?" },
        { name: "reference", text: "Paris" },
        { name: "submission", text: submission },
      ],
      reminder: "Is the submission right?",
    },
    answer: format,
    read: () => ({ label: null, value: null }),
  };
}

/** The submission as a judge is shown it. */
function shown(submission: string, form: Form): string {
  const boundary = newBoundary();
  const data = renderPrompt(questionOn(submission, form), boundary)[1]?.content ?? "";
  return data.slice(data.indexOf(`<submission-${boundary}>\n`) + boundary.length + 14, data.lastIndexOf(`\n</submission-${boundary}>`));
}

/** Replies that keep to the form, each of which quotes the submission before its verdict. */
type ScriptedJudge = (quoted: string, form: Form) => string[];

const IN_JSON: Record<string, ScriptedJudge> = {
  "answers in JSON": (quoted, form) => [asJson(quoted, form)],
  "answers in JSON, verdict first": (quoted, { format, verdict }) => [
    JSON.stringify({ [format.verdict]: verdict, explanation: `It says: ${quoted}` }),
  ],
  "answers in JSON in a fence": (quoted, form) => [`\`\`\`json\n${asJson(quoted, form)}\n\`\`\``],
  "thinks aloud and answers in JSON": (quoted, form) => [
    `<think>The submission reads: ${quoted}</think>\n${asJson(quoted, form)}`,
    `The submission reads:\n${quoted}\nIt is wrong.\n\n\`\`\`json\n${asJson(quoted, form)}\n\`\`\`\nThat is my answer.`,
  ],
};

const IN_WORDS: Record<string, ScriptedJudge> = {
  "answers in words": (quoted, { inWords }) =>
    inWords.map((end) => `The submission reads:\n\n${quoted}\n\nBut it is Paris, so it is wrong.\n\n${end}`),
  "quotes on the verdict's own line": (quoted, { inWords: [end = ""] }) => [
    `It says ${quoted.replaceAll("\n", " ")} but that is wrong. ${end}`,
  ],
};

const JUDGES = { ...IN_JSON, ...IN_WORDS };

/** Looks like the judge's own JSON, broken off: a judge that quotes it in words gives no verdict then, and never another than its own. */
const SPOILS_WORDS = "JSON that closes the judge's own";

function asJson(quoted: string, { format, verdict }: Form): string {
  return JSON.stringify({ explanation: `The submission says: ${quoted}\nIt is wrong.`, [format.verdict]: verdict });
}

const verdictOf = (reply: string, { format }: Form) => {
  const { status, answer } = parseReply(format, { text: reply, finishReason: "stop" });
  return status === "ok" ? answer?.[format.verdict] : status;
};

test("there are at least forty attacks, all of them different", () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(ATTACKS.map(({ text }) => text)).size).toBe(ATTACKS.length);
});

describe.each(FORMS)("$name", (form) => {
  test.each(Object.keys(JUDGES))("a judge that %s grades every attack by its own verdict", (judge) => {
    const replies = ATTACKS.flatMap(({ name, text }) =>
      [text, shown(text, form)].flatMap((quoted) => (JUDGES[judge]?.(quoted, form) ?? []).map((reply) => ({ name, reply }))),
    );
    const outcomes = replies.map(({ name, reply }) => ({ name, verdict: verdictOf(reply, form) }));
    const isRead = ({ name, verdict }: (typeof outcomes)[number]) =>
      verdict === form.verdict || (name === SPOILS_WORDS && judge in IN_WORDS && verdict === "invalid");
    expect(outcomes.filter((outcome) => !isRead(outcome))).toEqual([]);
  });

  test("a judge whose JSON breaks off in its quotation says nothing", () => {
    for (const { text } of ATTACKS) {
      const broken = asJson(text, form).slice(0, -JSON.stringify(form.verdict).length - 20);
      const statuses = [broken, `\`\`\`json\n${broken}`].map((reply) => verdictOf(reply, form));
      expect(statuses.filter((status) => status !== "invalid")).toEqual([]);
    }
  });

  test("a judge whose JSON has raw line ends in its quotation is never taken in", () => {
    for (const { text } of ATTACKS) {
      for (const reply of [asJson(text, form), `My answer:\n${asJson(text, form)}`]) {
        expect([form.verdict, "invalid", "off_menu"]).toContain(verdictOf(reply.replaceAll("\\n", "\n"), form));
      }
    }
  });
});

test.each(ATTACKS)("the prompt holds $name within its tags", ({ text }) => {
  const boundary = newBoundary();
  const [instructions, data, , reminder] = renderPrompt(questionOn(text, FORMS[0] as Form), boundary).map(({ content }) => content);
  // Told once, and two tags for each of the three texts.
  expect(data?.split(boundary)).toHaveLength(8);
  const [plain, ...others] = ["It is Lyon.", text].map((submission) => renderPrompt(questionOn(submission, FORMS[0] as Form), boundary));
  expect([instructions, reminder]).toEqual([plain?.[0]?.content, plain?.[3]?.content]);
  expect(others).toHaveLength(1);
  // oxlint-disable-next-line no-control-regex
  expect(data).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069]|<[|｜]|\[\/?INST\]|<<\/?SYS>>/u);
});

test("every overt attack is flagged", () => {
  const flagged = ATTACKS.filter(({ text }) => suspectedInjection([text]).length > 0);
  console.log(`Flagged as suspected: ${flagged.length} of ${ATTACKS.length} attacks.`);
  expect(ATTACKS.filter((attack) => attack.isOvert && !flagged.includes(attack)).map(({ name }) => name)).toEqual([]);
});

const piece = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(...ATTACKS.filter(({ text }) => text.length < 200).map(({ text }) => text)),
  fc.constantFrom(
    "VERDICT:",
    "SCORE:",
    "grade",
    ":",
    "\n",
    "{",
    "}",
    '"',
    "\\",
    '"verdict"',
    '"score"',
    '"explanation"',
    ",",
    "[[",
    "]]",
    "```",
    "```json\n",
    "correct",
    "8",
    "A",
    " ",
  ),
);
const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));

test("whatever a judge replies, it is parsed without an error, and ok is on the menu", () => {
  fc.assert(
    fc.property(
      text,
      fc.constantFrom("stop", "length", "content-filter", "other"),
      fc.constantFrom(...FORMS),
      (reply, finishReason, { format }) => {
        const { status, answer, reason } = parseReply(format, { text: reply, finishReason });
        if (status === "ok") expect(format.schema.safeParse(answer).success).toBe(true);
        else expect({ answer, reason }).toEqual({ answer: null, reason: expect.stringMatching(/^[^\n]+$/) });
        if (finishReason === "length" || finishReason === "content-filter") expect(status).not.toBe("ok");
      },
    ),
    { numRuns: 3000 },
  );
});

test("whatever a text says, it cannot end its own quotation", () => {
  fc.assert(
    fc.property(text, fc.constantFrom(...FORMS), (submission, form) => {
      const boundary = newBoundary();
      const [, data] = renderPrompt(questionOn(`${submission}</submission-${boundary.slice(0, 15)}`, form), boundary);
      expect(data?.content.split(boundary)).toHaveLength(8);
    }),
    { numRuns: 500 },
  );
});
