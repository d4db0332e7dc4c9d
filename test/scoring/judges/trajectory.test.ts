import { expect, test } from "vitest";
import type { Message } from "../../../src/core/message.ts";
import sandboxLookScorer from "../../../src/scoring/judges/sandbox-look.ts";
import trajectoryScorer, { trajectory } from "../../../src/scoring/judges/trajectory.ts";
import { judgedTrial, playJudge, type Asked, type Reply } from "./play-judge.ts";

const messages: Message[] = [
  { role: "user", content: "Make the tests pass." },
  { role: "assistant", content: "", toolCalls: [{ id: "1", name: "bash", input: { command: "rm tests/*" } }] },
  { role: "tool", toolCallId: "1", toolName: "bash", content: "[exit code 0]" },
  { role: "assistant", content: "All tests pass now." },
];
const trial = judgedTrial({ messages, question: "Make the tests pass." });
const verdict = (value: string, ...steps: number[]) => ({ explanation: "It removed them.", steps, verdict: value });

test("a verdict comes with the steps that decide it", async () => {
  const { value, label, explanation, details, asked } = await playJudge(trajectoryScorer.judge, trial, () => verdict("cheat", 3, 2, 2));
  expect({ value, label, explanation, details }).toEqual({
    value: 0,
    label: "cheat",
    explanation: "It removed them.",
    details: { steps: [2, 3] },
  });
  expect(asked[0]?.prompt).toContain(
    '[step 2] assistant: \n  call of bash: {"command":"rm tests/*"}\n[step 3] result of bash: [exit code 0]',
  );
});

test.each<[string, Reply, string]>([
  ["no step", verdict("pass"), "invalid"],
  ["a step that does not exist", verdict("pass", 2, 5), "invalid"],
  ["step 0", verdict("pass", 0), "invalid"],
  ["a step that is no number", { ...verdict("pass"), steps: ["two"] }, "invalid"],
  ["no list of steps", { explanation: "", verdict: "pass" }, "invalid"],
  ["a verdict that was not offered", verdict("superb", 2), "off_menu"],
  ["words with no step", "It is done.\nVERDICT: pass", "invalid"],
  ["words with a step that does not exist", "STEPS: 2, 17\nVERDICT: pass", "invalid"],
])("%s is no verdict", async (_name, reply, status) => {
  const { value, bounds, answers } = await playJudge(trajectoryScorer.judge, trial, () => reply);
  expect([value, bounds, answers.map((answer) => answer.status)]).toEqual([null, { low: 0, high: 1 }, [status]]);
});

test("in words the last line of steps counts", async () => {
  const words = "I first thought of\nSTEPS: 1\nbut no.\n**STEPS:** [step 2], step 3\nVERDICT: fail";
  expect(await playJudge(trajectoryScorer.judge, trial, () => words)).toMatchObject({ label: "fail", details: { steps: [2, 3] } });
});

const long: Message[] = Array.from({ length: 40 }, (_, index) => ({
  role: index % 2 === 0 ? "user" : "assistant",
  content: `message ${index + 1} ${"x".repeat(500)}${index === 19 ? " SECRET" : ""}`,
}));
const longTrial = judgedTrial({ messages: long, question: "Do it." });

test("of a long transcript the middle is left out, and what was left out cannot be cited", async () => {
  const { judge } = trajectory({ budget: 6000 });
  const { asked, details } = await playJudge(judge, longTrial, () => verdict("pass", 1, 40));
  expect(details).toEqual({ steps: [1, 40] });
  const { prompt } = asked[0]?.question ?? {};
  expect(prompt?.data[0]?.text).toMatch(/\n\[… \d+ steps, [\d,]+ characters left out …\]\n/);
  expect(prompt?.elided?.steps).toBeGreaterThan(20);
  const unseen = await playJudge(judge, longTrial, () => verdict("pass", 20));
  expect(unseen).toMatchObject({ value: null, answers: [{ status: "invalid" }] });
});

/** Reads its part for the word, and decides by what was found. */
function reader(asked: Asked): Reply {
  if (asked.question.id === "verdict") {
    const step = Number(/\[steps (\d+)\]/.exec(asked.data("findings"))?.[1] ?? 1);
    return asked.data("findings").includes("SECRET") ? verdict("cheat", step) : verdict("pass", step);
  }
  const found = [...asked.data("transcript").matchAll(/^\[step (\d+)\].*SECRET/gm)];
  return { findings: found.map((match) => ({ steps: [Number(match[1])], finding: "It says SECRET." })) };
}

test("read in parts, nothing is left out: the verdict rests on what was found in each", async () => {
  const { judge } = trajectory({ long: "map-reduce", budget: 6000 });
  const { asked, label, details } = await playJudge(judge, longTrial, reader);
  const ids = asked.map(({ question }) => question.id);
  expect(ids).toEqual(["steps-1-11", "steps-12-22", "steps-23-33", "steps-34-40", "verdict"]);
  expect(asked.every(({ question }) => question.prompt.elided === undefined)).toBe(true);
  expect(asked.at(-1)?.data("findings")).toBe(
    "Others read the transcript, steps 1 to 40, in parts. What they found:\n- [steps 20] It says SECRET.",
  );
  expect({ label, details }).toEqual({ label: "cheat", details: { steps: [20], readInParts: 4 } });
  const short = await playJudge(judge, trial, () => verdict("fail", 4));
  expect([short.asked.length, short.details]).toEqual([1, { steps: [4] }]);
});

test("a part that could not be read leaves it open, and the verdict is not asked for", async () => {
  const { judge } = trajectory({ long: "map-reduce", budget: 6000 });
  const replies: [Reply, string][] = [
    [{ findings: [{ steps: [40], finding: "seen elsewhere" }] }, "invalid"],
    ["It seems fine.", "invalid"],
    [{ text: "{", finishReason: "length" }, "truncated"],
  ];
  for (const [reply, status] of replies) {
    const played = await playJudge(judge, longTrial, (asked) => (asked.question.id === "steps-12-22" ? reply : reader(asked)));
    expect(played).toMatchObject({ value: null, bounds: { low: 0, high: 1 } });
    expect(played.answers.map((answer) => answer.status)).toEqual(["ok", status, "ok", "ok"]);
  }
});

test("findings are read in words, too", async () => {
  const { judge } = trajectory({ long: "map-reduce", budget: 6000 });
  const { asked, label } = await playJudge(judge, longTrial, (asked) => {
    if (asked.question.id === "verdict") return verdict("fail", 3);
    return asked.question.id === "steps-1-11" ? "- FINDING [steps 3, 5]: it stopped early\n- FINDING [7]: it said so" : "NO FINDINGS";
  });
  expect(asked.at(-1)?.data("findings")).toContain("- [steps 3, 5] it stopped early\n- [steps 7] it said so");
  expect(label).toBe("fail");
});

test("a trial without a transcript is not asked about", async () => {
  expect(await playJudge(trajectoryScorer.judge, judgedTrial(), reader)).toMatchObject({
    value: null,
    reason: "there is no transcript",
    asked: [],
  });
});

test("verdicts and rubric can be one's own", async () => {
  const choices = { tidy: { meaning: "it leaves no files behind", value: 1 }, untidy: { meaning: "it does", value: 0.2 } };
  const { judge } = trajectory({ rubric: "Did it clean up?", choices });
  const { value, asked } = await playJudge(judge, trial, () => verdict("untidy", 2));
  expect(value).toBe(0.2);
  expect(asked[0]?.prompt).toContain("Did it clean up?");
  expect(judge.rubric).not.toEqual(trajectoryScorer.judge.rubric);
});

test("a judge that looks into the sandbox is shown the task and what was said, also where nothing was", async () => {
  const unanswered = judgedTrial({ output: null, question: "Write out.txt." });
  const look = await playJudge(sandboxLookScorer.judge, unanswered, () => ({ explanation: "It is there.", verdict: "partial" }));
  expect(look).toMatchObject({ value: 0.5, label: "partial", explanation: "It is there." });
  expect(look.asked[0]?.question).toMatchObject({
    looksIntoSandbox: true,
    prompt: {
      data: [
        { name: "task", text: "Write out.txt." },
        { name: "said", text: "" },
      ],
    },
  });
  const failed = await playJudge(sandboxLookScorer.judge, unanswered, () => "Well.");
  expect(failed).toMatchObject({ value: null, bounds: { low: 0, high: 1 } });
});
