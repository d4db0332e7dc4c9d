import { expect, test } from "vitest";
import type { JudgeQuestion } from "../../../src/core/judge.ts";
import { openJudge } from "../../../src/run/judges/opened-judge.ts";
import { keyOf } from "../../../src/run/judges/question-key.ts";
import { yesNoFormat } from "../../../src/scoring/judging/answer-formats.ts";

const question = (more: Partial<JudgeQuestion> = {}): JudgeQuestion => ({
  id: "done",
  prompt: { instructions: "Look.", data: [{ name: "said", text: "Done." }], reminder: "Is it done?" },
  answer: yesNoFormat({ yes: "it is", no: "it is not" }),
  read: () => ({ label: null, value: null }),
  ...more,
});
const [first, second, again] = [
  { trialId: "a/1/1", attempt: 1 },
  { trialId: "a/1/2", attempt: 1 },
  { trialId: "a/1/1", attempt: 2 },
];

/** How many keys these attempts' questions have. */
async function keysOf(asked: JudgeQuestion): Promise<number> {
  await using judge = await openJudge("mock/echo");
  return new Set([first, second, again].map((trial) => keyOf({ judge, question: asked, replicate: 1, rubricHash: "" }, trial))).size;
}

test("trials of which the same is shown share a reply", async () => {
  expect(await keysOf(question())).toBe(1);
});

test("what a judge found in one sandbox is no answer about another, whatever was said in both trials", async () => {
  expect(await keysOf(question({ looksIntoSandbox: true }))).toBe(3);
});
