import { expect, test } from "vitest";
import type { JudgeGrade } from "../../../src/core/judge.ts";
import { checkPanel, panelScore, type Vote } from "../../../src/scoring/judging/panel.ts";

const vote = (judge: string, grade: JudgeGrade, replicate = 1): Vote => ({ judge, replicate, grade });
const right = { value: 1, label: "correct" };
const wrong = { value: 0, label: "incorrect" };
const failed = { value: null, label: null, reason: "refused" };

test("one vote is the panel's grade", () => {
  expect(panelScore(undefined, [vote("a", { ...right, details: { x: 1 } })])).toEqual({ ...right, details: { x: 1 } });
});

test("labels are decided by strict plurality, and every vote is kept", () => {
  const score = panelScore(undefined, [vote("a", right), vote("b", wrong), vote("c", right), vote("d", failed)]);
  expect(score).toMatchObject({
    value: 1,
    label: "correct",
    needsReview: ["judges disagree: 2 × correct, 1 × incorrect"],
    details: { failed: 1 },
  });
  expect(score.details).toMatchObject({ votes: [{ judge: "a" }, { judge: "b" }, { judge: "c" }, { judge: "d", reason: "refused" }] });
});

test("a tie is undecided and marked for review, whichever judge is named first", () => {
  for (const votes of [
    [vote("a", right), vote("b", wrong)],
    [vote("b", wrong), vote("a", right)],
  ]) {
    const score = panelScore("plurality", votes);
    expect(score.value).toBeNull();
    expect(score.label).toBeNull();
    expect(score.reason).toMatch(/^the judges are undecided: 1 × /);
    expect(score.needsReview).toHaveLength(1);
  }
});

test("a judge that was asked often has one vote", () => {
  const votes = [vote("a", right, 1), vote("a", right, 2), vote("a", wrong, 3), vote("b", wrong), vote("c", wrong)];
  expect(panelScore(undefined, votes)).toMatchObject({
    value: 0,
    details: { judges: [{ judge: "a", label: "correct" }, { label: "incorrect" }, { label: "incorrect" }] },
  });
});

test("a judge that contradicts itself as often as not has no vote, and is named for review", () => {
  const score = panelScore(undefined, [vote("a", right, 1), vote("a", wrong, 2), vote("b", right)]);
  expect(score.value).toBe(1);
  expect(score.needsReview).toEqual(["a: the replicates are undecided: 1 × correct, 1 × incorrect"]);
});

test("numbers are averaged, their median taken, or weighed by judge", () => {
  const votes = [vote("a", { value: 1 }, 1), vote("a", { value: 3 }, 2), vote("b", { value: 4 }), vote("c", { value: 9 })];
  expect(panelScore(undefined, votes).value).toBe(5);
  expect(panelScore("median", votes).value).toBe(4);
  expect(panelScore("median", votes.slice(0, 3)).value).toBe(3);
  expect(panelScore({ weights: { a: 1, b: 0, c: 3 } }, votes).value).toBe(7.25);
});

test("weights that leave out a judge are refused", () => {
  expect(() => panelScore({ weights: { a: 1 } }, [vote("a", right), vote("b", right)])).toThrow("The judge b has no weight");
  expect(() => checkPanel({ weights: { a: 0 } }, ["a"])).toThrow("one must be above 0");
  expect(() => checkPanel({ weights: { a: -1 } }, ["a"])).toThrow("must not be negative");
});

test("where nobody could tell, the reasons are counted", () => {
  const score = panelScore(undefined, [vote("a", failed), vote("b", failed), vote("c", { value: null, reason: "invalid" })]);
  expect(score).toMatchObject({ value: null, reason: "none of 3 judges gave a value: 2 × refused, 1 × invalid" });
});

test("bounds say what failed answers could still make of the value", () => {
  const unknown = { value: null, reason: "invalid", bounds: { low: 0, high: 1 } };
  expect(panelScore("mean", [vote("a", { value: 0.5 }), vote("b", unknown)]).bounds).toEqual({ low: 0.25, high: 0.75 });
  expect(panelScore("mean", [vote("a", { value: 0.5 }), vote("b", failed)]).bounds).toBeUndefined();
});

test("parts are averaged over the judges that decided", () => {
  const votes = [
    vote("a", { ...right, parts: { x: 1 } }),
    vote("b", { ...wrong, parts: { x: 9 } }),
    vote("c", { ...right, parts: { x: 3 } }),
  ];
  expect(panelScore(undefined, votes).parts).toEqual({ x: 2 });
  expect(panelScore("mean", votes).parts).toEqual({ x: 13 / 3 });
});
