import { expect, test } from "vitest";
import rubricTreeScorer, { rubricTree } from "../../../src/scoring/judges/rubric-tree.ts";
import { judgedTrial, playJudge, type Asked } from "./play-judge.ts";

/** As PaperBench writes it. */
const rubric = {
  requirements: "The paper is reproduced.",
  weight: 1,
  sub_tasks: [
    {
      requirements: "The model is there.",
      weight: 3,
      sub_tasks: [
        { requirements: "It has two layers.", weight: 1, sub_tasks: [] },
        { requirements: "It uses dropout.", weight: 3, sub_tasks: [] },
      ],
    },
    { requirements: "Table 2 is reproduced.", weight: 1, sub_tasks: [] },
  ],
};
const trial = judgedTrial({ data: { rubric } });
const meeting =
  (...met: string[]) =>
  ({ question }: Asked) => ({
    explanation: "",
    verdict: met.some((text) => question.prompt.reminder.endsWith(`${text}\n\nDoes the work meet it?`)) ? "yes" : "no",
  });

test("leaves are judged, and weighted means lead up to the root", async () => {
  const { asked, value, details } = await playJudge(rubricTreeScorer.judge, trial, meeting("It uses dropout."));
  expect(asked.map(({ question }) => question.id)).toEqual(["1.1", "1.2", "2"]);
  expect(asked[1]?.prompt).toContain("It is a part of: The paper is reproduced. → The model is there.\nThe requirement:\nIt uses dropout.");
  expect(value).toBe((3 * (3 / 4)) / 4);
  expect(details).toEqual({
    leaves: [
      { id: "1.1", requirement: "It has two layers.", score: 0 },
      { id: "1.2", requirement: "It uses dropout.", score: 1 },
      { id: "2", requirement: "Table 2 is reproduced.", score: 0 },
    ],
  });
});

test("a leaf whose judge failed leaves bounds, and no value", async () => {
  const { value, bounds } = await playJudge(rubricTreeScorer.judge, trial, (asked) =>
    asked.question.id === "1.1" ? { text: "", finishReason: "length" } : meeting("It uses dropout.")(asked),
  );
  expect([value, bounds]).toEqual([null, { low: 9 / 16, high: 12 / 16 }]);
});

test("at its depth a part of the tree is graded as a whole, in one call", async () => {
  const { asked, value } = await playJudge(rubricTree({ maxDepth: 1 }).judge, trial, ({ question }) =>
    question.id === "1" ? { explanation: "", score: 75 } : { explanation: "", verdict: "no" },
  );
  expect(asked.map(({ question }) => question.id)).toEqual(["1", "2"]);
  expect(asked[0]?.prompt).toContain(
    "The model is there.\n- (weight 1) It has two layers.\n- (weight 3) It uses dropout.\n\nHow much of it",
  );
  expect(value).toBe((3 * 0.75) / 4);
});

test("the evidence is the answer, the transcript, or what was left in the sandbox", async () => {
  const messages = [{ role: "user" as const, content: "Reproduce it." }];
  const whole = judgedTrial({ data: { rubric }, output: null, messages });
  const never = meeting();
  expect(await playJudge(rubricTree().judge, whole, never)).toMatchObject({ value: null, reason: "the model gave no answer", asked: [] });
  const transcript = await playJudge(rubricTree({ evidence: "transcript" }).judge, whole, never);
  expect(transcript.asked[0]?.data("work")).toBe("[step 1] user: Reproduce it.\n");
  const sandbox = await playJudge(rubricTree({ evidence: "sandbox" }).judge, whole, never);
  expect(sandbox.asked.every(({ question }) => question.looksIntoSandbox)).toBe(true);
  expect(transcript.asked.some(({ question }) => question.looksIntoSandbox)).toBe(false);
});

test("a rubric of one requirement, of none with weight, and none at all", async () => {
  const single = judgedTrial({ data: { rubric: { requirement: "It runs." } } });
  expect(await playJudge(rubricTreeScorer.judge, single, meeting("It runs."))).toMatchObject({ value: 1 });
  const weightless = judgedTrial({ data: { rubric: { requirement: "All.", children: [{ requirement: "It runs.", weight: 0 }] } } });
  expect(await playJudge(rubricTreeScorer.judge, weightless, meeting())).toMatchObject({
    value: null,
    reason: "nothing in the rubric has weight",
  });
  for (const data of [{}, { rubric: { weight: 1 } }, { rubric: { requirement: "x", weight: -1 } }]) {
    await expect(playJudge(rubricTreeScorer.judge, judgedTrial({ data }), meeting())).rejects.toMatchObject({ code: "score/failed" });
  }
});
