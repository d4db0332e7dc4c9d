import fc from "fast-check";
import { expect, test } from "vitest";
import criteriaScorer, { criteria } from "../../../src/scoring/judges/criteria.ts";
import { judgedTrial, playJudge, type Asked } from "./play-judge.ts";

const list = [
  { criterion: "Names the dose.", points: 5 },
  { criterion: "Says to see a doctor.", points: 3 },
  { criterion: "Gives advice that is dangerous.", points: -4 },
];
const trial = judgedTrial({ data: { rubrics: list }, output: "Take 5 mg." });

/** Meets the criteria whose text is given. */
const meeting =
  (...met: string[]) =>
  ({ question }: Asked) => ({ explanation: "", verdict: met.some((text) => question.prompt.reminder.includes(text)) ? "yes" : "no" });

test("each criterion is asked about by itself, and a fault is met where it is there", async () => {
  const { asked, value, details, reason } = await playJudge(criteriaScorer.judge, trial, meeting("dose", "dangerous"));
  expect([value, reason]).toEqual([1 / 8, undefined]);
  expect(asked.map(({ question }) => question.id)).toEqual(["criterion-1", "criterion-2", "criterion-3"]);
  const [dose, , dangerous] = asked.map(({ prompt }) => prompt);
  expect(dose).not.toContain("dangerous");
  expect(dose).not.toContain("describes a fault: it is met");
  expect(dangerous).toContain("describes a fault: it is met where the reply has that fault");
  // A server can reuse its work on everything before the criterion.
  expect(asked[0]?.question.prompt.data).toEqual(asked[2]?.question.prompt.data);
  expect(details).toMatchObject({ asking: "each", criteria: [{ isMet: true }, { isMet: false }, { points: -4, isMet: true }] });
});

test("a score can be negative; only its mean over examples is clipped", async () => {
  const { value } = await playJudge(criteriaScorer.judge, trial, meeting("dangerous"));
  expect(value).toBe(-0.5);
  const [clipped, plain] = criteriaScorer.judge.metrics ?? [];
  const questions = [-0.5, -0.25].map((score, index) => ({ instanceId: String(index), values: [score] }));
  expect([clipped?.compute(questions).value, plain?.compute(questions).value]).toEqual([0, -0.375]);
});

test("a criterion that could not be judged leaves the score open between its bounds", async () => {
  const { value, bounds, details } = await playJudge(criteriaScorer.judge, trial, (asked) =>
    asked.question.id === "criterion-1" ? meeting("dose")(asked) : "I cannot tell.",
  );
  expect([value, bounds]).toEqual([null, { low: 1 / 8, high: 1 }]);
  expect(details).toMatchObject({ criteria: [{ isMet: true }, { isMet: null }, { isMet: null }] });
});

const together = criteria({ asking: "together" });
const decisions = (...met: boolean[]) => ({ criteria: met.map((is_met, index) => ({ criterion: index + 1, explanation: "", is_met })) });

test("all criteria in one call give the same score, and it is recorded that they did", async () => {
  const { value, asked, details } = await playJudge(together.judge, trial, () => decisions(true, false, true));
  expect([value, asked.length]).toEqual([1 / 8, 1]);
  expect(asked[0]?.prompt).toContain("3. The criterion, which describes a fault");
  expect(details).toMatchObject({ asking: "together" });
});

test.each([
  ["too few", decisions(true, false)],
  ["one twice", { criteria: [...decisions(true, false).criteria, { criterion: 2, explanation: "", is_met: true }] }],
  ["one that was not asked about", { criteria: [...decisions(true, false).criteria, { criterion: 4, explanation: "", is_met: true }] }],
  ["none at all", "They are all met."],
])("with decisions on %s nothing is known", async (_name, reply) => {
  const { value, bounds, answers } = await playJudge(together.judge, trial, () => reply);
  expect([value, bounds, answers[0]?.status]).toEqual([null, { low: -0.5, high: 1 }, "invalid"]);
});

test("without an answer, positive points or criteria there is a reason, and nothing is asked for nothing", async () => {
  const never = () => Promise.reject(new Error("asked"));
  const unanswered = await playJudge(criteriaScorer.judge, judgedTrial({ data: { rubrics: list }, output: null }), never as never);
  expect(unanswered).toMatchObject({ value: null, reason: "the model gave no answer" });
  const onlyFaults = judgedTrial({ data: { criteria: [{ criterion: "Lies.", points: -1 }] } });
  expect(await playJudge(criteriaScorer.judge, onlyFaults, meeting())).toMatchObject({
    value: null,
    reason: "no criterion has positive points",
  });
  for (const { judge } of [criteriaScorer, together]) {
    expect(await playJudge(judge, judgedTrial({ data: { criteria: [] } }), never as never)).toMatchObject({
      reason: "there are no criteria",
    });
  }
  await expect(playJudge(criteriaScorer.judge, judgedTrial({ data: { rubrics: [{ text: "?" }] } }), never as never)).rejects.toMatchObject({
    code: "score/failed",
    message: "criteria: the data of 1 has no criteria.",
  });
});

test("a long answer is shown with its head and tail, and what is left out is counted", async () => {
  const output = `first ${"x".repeat(5000)} last`;
  const short = criteria({ budget: 2000 });
  const { asked } = await playJudge(short.judge, judgedTrial({ data: { rubrics: list }, output }), meeting());
  const { prompt } = asked[0]?.question ?? {};
  const shown = prompt?.data.find(({ name }) => name === "reply")?.text ?? "";
  expect(shown).toMatch(/^first x+\n\[… [\d,]+ characters left out …\]\nx+ last$/);
  expect(prompt?.elided?.characters).toBe(output.length - shown.replace(/\n\[… .* …\]\n/, "").length);
  expect(() => criteria({ budget: 10 })).toThrow("criteria: a budget of 10 characters cannot be used.");
});

test("the bounds hold whatever the missing verdicts turn out to be", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ points: fc.integer({ min: -9, max: 9 }), isMet: fc.boolean(), isKnown: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      async (made) => {
        const data = { criteria: made.map(({ points }, index) => ({ criterion: `Does #${index}.`, points })) };
        const at = ({ question }: Asked) => made[Number(/Does #(\d)/.exec(question.prompt.reminder)?.[1])];
        const verdict = (asked: Asked) => ({ explanation: "", verdict: at(asked)?.isMet ? "yes" : "no" });
        const whole = await playJudge(criteriaScorer.judge, judgedTrial({ data }), verdict);
        const partly = await playJudge(criteriaScorer.judge, judgedTrial({ data }), (asked) => (at(asked)?.isKnown ? verdict(asked) : ""));
        if (whole.value === null) {
          expect(partly.reason).toBe("no criterion has positive points");
          return;
        }
        const { low, high } = partly.bounds ?? { low: partly.value ?? Number.NaN, high: partly.value ?? Number.NaN };
        expect(low).toBeLessThanOrEqual(whole.value);
        expect(high).toBeGreaterThanOrEqual(whole.value);
        expect(high).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 200 },
  );
});
