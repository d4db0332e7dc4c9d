import type { Json } from "../../../src/core/json.ts";
import { describe, expect, test } from "vitest";
import type { JudgeScorer } from "../../../src/core/judge.ts";
import factsJudge from "../../../src/scoring/judges/facts.ts";
import multiClassByData, { multiClass } from "../../../src/scoring/judges/multi-class.ts";
import pairwiseJudge from "../../../src/scoring/judges/pairwise.ts";
import referenceQaByDefault, { referenceQa } from "../../../src/scoring/judges/reference-qa.ts";
import rubricByDefault, { rubric } from "../../../src/scoring/judges/rubric.ts";
import safetyJudge from "../../../src/scoring/judges/safety.ts";
import simpleqaJudge from "../../../src/scoring/judges/simpleqa.ts";
import { playJudge, trialOf, type Script } from "./scripted-judge.ts";

const saying =
  (verdict: string): Script =>
  () =>
    JSON.stringify({ explanation: "because", verdict });
const play = ({ judge }: JudgeScorer, script: Script, trial = trialOf()) => playJudge(judge, trial, script);
const grade = async (scorer: JudgeScorer, verdict: string, trial = trialOf()) => (await play(scorer, saying(verdict), trial)).grade;
const dataOf = (prompt: readonly { content: string }[] | undefined) => prompt?.[1]?.content.replaceAll(/-[0-9a-f]{16}>/g, ">");

describe("an answer against a reference", () => {
  test("is correct, partial or incorrect", async () => {
    const grades = await Promise.all(["correct", "partial", "incorrect"].map((verdict) => grade(referenceQaByDefault, verdict)));
    expect(grades).toEqual([
      { value: 1, label: "correct", explanation: "because" },
      { value: 0.5, label: "partial", explanation: "because" },
      { value: 0, label: "incorrect", explanation: "because" },
    ]);
  });

  test("is shown with its question and reference, which the instance may say itself", async () => {
    const own = { id: "capital", data: { question: "Capital?", reference: ["Paris", "Lutetia"] } };
    const { prompts } = await play(referenceQaByDefault, saying("correct"), trialOf({ instance: own }));
    expect(dataOf(prompts[0])).toContain(
      "<question>\nCapital?\n</question>\n\n<reference>\n- Paris\n- Lutetia\n</reference>\n\n<submission>\nIt is Lyon.\n</submission>",
    );
    const { prompts: others } = await play(
      referenceQa({ question: () => "Q", reference: () => "R" }),
      saying("correct"),
      trialOf({ instance: own }),
    );
    expect(dataOf(others[0])).toContain("<question>\nQ\n</question>\n\n<reference>\nR\n</reference>");
  });

  test("is not asked about where there is nothing to compare", async () => {
    const trials = [trialOf({ output: null }), trialOf({ output: " \n" }), trialOf({ reference: null }), trialOf({ reference: "" })];
    const played = await Promise.all(trials.map((trial) => play(referenceQaByDefault, saying("correct"), trial)));
    // No answer is a wrong one; without a reference nothing is known.
    expect(played.map(({ prompts, grade }) => [prompts.length, grade.value, grade.label, grade.reason ?? grade.explanation])).toEqual([
      [0, 0, "incorrect", "the model gave no answer"],
      [0, 0, "incorrect", "the model's answer is empty"],
      [0, null, undefined, "there is no reference answer to compare with"],
      [0, null, undefined, "the reference answer is empty"],
    ]);
  });

  test("is shown by head and tail where it is long, and what is left out is counted", async () => {
    const output = `Lyon${"n".repeat(10_000)}!`;
    const scorer = referenceQa<Json>({ budget: 2_000 });
    const [question] = await scorer.judge.ask(trialOf({ output }), []);
    const submission = question?.prompt.data.find(({ name }) => name === "submission")?.text ?? "";
    expect(submission).toMatch(/^Lyonn+\n\[… [\d,]+ characters left out …\]\nn+!$/);
    expect(question?.prompt.elided?.characters).toBe(output.length - submission.replace(/\n\[.*\]\n/, "").length);
    expect(() => referenceQa({ budget: 10 })).toThrow("a budget of 10 characters cannot be used");
  });

  test("stays unscored where the judge's reply is no verdict", async () => {
    expect(await grade(referenceQaByDefault, "fine")).toEqual({ value: null, label: null, bounds: { low: 0, high: 1 } });
  });

  test("is graded by a judge that committed to an answer of its own before it saw it", async () => {
    const script: Script = ({ id }) => (id === "own-answer" ? "Paris, surely." : "VERDICT: incorrect");
    const { prompts, grade } = await play(referenceQa({ commitsFirst: true }), script, trialOf({ reference: null }));
    expect(grade).toMatchObject({ value: 0, label: "incorrect" });
    expect(prompts).toHaveLength(2);
    expect(prompts[0]?.map(({ content }) => content).join("\n")).not.toContain("Lyon");
    expect(dataOf(prompts[1])).toContain("<own-answer>\nParis, surely.\n</own-answer>\n\n<submission>");
  });

  test("is not graded where the judge committed to nothing", async () => {
    const { prompts, grade } = await play(referenceQa({ commitsFirst: true }), () => "");
    expect(prompts).toHaveLength(1);
    expect(grade.value).toBeNull();
  });
});

test("facts that are omitted are told from facts that are contradicted", async () => {
  const grades = await Promise.all(["contains", "omits", "contradicts"].map((verdict) => grade(factsJudge, verdict)));
  expect(grades.map(({ value, parts }) => [value, parts])).toEqual([
    [1, { omits: 0, contradicts: 0 }],
    [0, { omits: 1, contradicts: 0 }],
    [0, { omits: 0, contradicts: 1 }],
  ]);
});

test("SimpleQA's outcomes are told apart", async () => {
  const grades = await Promise.all(["correct", "incorrect", "not_attempted"].map((verdict) => grade(simpleqaJudge, verdict)));
  expect(grades.map(({ value, parts }) => [value, parts])).toEqual([
    [1, { outcome: 1 }],
    [0, { outcome: 0 }],
    [0, { outcome: -1 }],
  ]);
});

describe("classes", () => {
  test("come from the instance, with the one that is expected", async () => {
    const trial = trialOf({ instance: { id: "x", data: { classes: ["city", "river"], class: "city" } } });
    expect(await grade(multiClassByData, "city", trial)).toMatchObject({ value: 1, label: "city", parts: { city: 1, river: 0 } });
    expect(await grade(multiClassByData, "river", trial)).toMatchObject({ value: 0, label: "river" });
    expect(await grade(multiClassByData, "lake", trial)).toEqual({ value: null, label: null });
  });

  test("may have values of their own", async () => {
    const tone = multiClass({ classes: { formal: "as in a letter", casual: "as among friends" }, values: { formal: 1, casual: 0.2 } });
    expect(await grade(tone, "casual")).toMatchObject({ value: 0.2, label: "casual" });
  });

  test("that are missing are said to be", async () => {
    expect((await grade(multiClassByData, "a")).reason).toBe("there are no two classes to choose from");
    const trial = trialOf({ instance: { id: "x", data: { classes: { a: "this", b: "that" } } } });
    expect((await grade(multiClassByData, "a", trial)).reason).toMatch(/^there is no class that the answer should be in/);
  });
});

describe("a rubric", () => {
  const scoring =
    (score: number, probabilities?: Record<string, number>): Script =>
    () => ({
      text: JSON.stringify({ explanation: "because", score }),
      ...(probabilities && { probabilities }),
    });

  test("gives the level", async () => {
    const { grade } = await play(rubricByDefault, scoring(4));
    expect(grade).toEqual({ value: 4, explanation: "because", details: { by: "verdict", verdict: 4 } });
  });

  test("weighs levels by their probabilities, other tokens left out", async () => {
    const { grade } = await play(rubricByDefault, scoring(4, { "4": 0.6, "5": 0.2, four: 0.2 }));
    expect(grade.value).toBeCloseTo(4.25, 12);
    expect(grade.details).toEqual({ by: "probabilities", verdict: 4 });
  });

  test("has levels of one's own, and none beyond them", async () => {
    const polite = rubric({ criterion: "how polite it is", levels: ["insults", "curt", "friendly"], lowest: 0 });
    const { grade, prompts } = await play(polite, scoring(3));
    expect(grade).toEqual({ value: null, bounds: { low: 0, high: 2 } });
    expect(prompts[0]?.[0]?.content).toContain("0: insults\n1: curt\n2: friendly");
  });
});

describe("safety", () => {
  const answering =
    (answers: Record<string, string>): Script =>
    ({ id }) =>
      `VERDICT: ${answers[id]}`;

  test("asks three questions, each alone", async () => {
    const { grade, prompts } = await play(safetyJudge, answering({ "harmful-request": "no", refusal: "yes", "harmful-response": "no" }));
    expect(prompts).toHaveLength(3);
    expect(grade).toEqual({
      value: 1,
      label: "harmless",
      parts: { harmfulRequest: 0, refusal: 1, harmfulResponse: 0, overRefusal: 1 },
    });
  });

  test("is not known where the answer about the response is missing, and known where another is", async () => {
    const { grade: unknown } = await play(
      safetyJudge,
      answering({ "harmful-request": "yes", refusal: "no", "harmful-response": "perhaps" }),
    );
    expect(unknown).toMatchObject({
      value: null,
      bounds: { low: 0, high: 1 },
      reason: "whether the response does harm is not known: off_menu",
    });
    const { grade: known } = await play(safetyJudge, answering({ "harmful-request": "perhaps", refusal: "no", "harmful-response": "yes" }));
    expect(known).toMatchObject({ value: 0, label: "harmful", parts: { harmfulRequest: null, overRefusal: null } });
  });
});

describe("a pair", () => {
  const trial = trialOf({ output: "ours", opponent: "theirs" });
  const inOrders =
    (given: string, swapped: string): Script =>
    ({ order }) =>
      `[[${order === "given" ? given : swapped}]]`;
  const graded = async (given: string, swapped: string) => (await play(pairwiseJudge, inOrders(given, swapped), trial)).grade;

  test("is shown in both orders", async () => {
    const { prompts } = await play(pairwiseJudge, inOrders("A", "B"), trial);
    expect(prompts.map((prompt) => /<answer-A>\n(\w+)\n/.exec(dataOf(prompt) ?? "")?.[1])).toEqual(["ours", "theirs"]);
  });

  test("is won where both orders name the answer", async () => {
    expect(await graded("A", "B")).toMatchObject({ value: 1, label: "win", parts: { inconsistent: 0 } });
    expect(await graded("B", "A")).toMatchObject({ value: 0, label: "loss" });
    expect(await graded("C", "C")).toMatchObject({ value: 0.5, label: "tie", parts: { inconsistent: 0 } });
  });

  test("is a tie for a person to look at where the orders disagree", async () => {
    expect(await graded("A", "A")).toMatchObject({
      value: 0.5,
      label: "tie",
      parts: { inconsistent: 1 },
      needsReview: ["the judge decides by the order in which the answers are shown"],
    });
  });

  test("is open where one order failed, by as much as the other leaves", async () => {
    expect(await graded("A", "D")).toEqual({ value: null, label: null, bounds: { low: 0.5, high: 1 } });
    expect(await graded("D", "A")).toMatchObject({ bounds: { low: 0, high: 0.5 } });
    expect(await graded("D", "D")).toMatchObject({ bounds: { low: 0, high: 1 } });
  });

  test("needs an opponent", async () => {
    expect((await play(pairwiseJudge, inOrders("A", "B"))).grade.reason).toBe("there is no other answer to compare with");
  });
});

test("every kind says what shapes its questions, and something to print", () => {
  for (const { judge } of [
    factsJudge,
    multiClassByData,
    pairwiseJudge,
    referenceQaByDefault,
    rubricByDefault,
    safetyJudge,
    simpleqaJudge,
  ]) {
    expect(judge.description).toMatch(/\.$/);
    expect(judge.metrics).not.toHaveLength(0);
    expect(JSON.stringify(judge.rubric)).toMatch(/.{20}/);
  }
});
