/** A score is derived again from the verdicts that are stored with it, and nothing else: no model, no reply. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Judge, JudgedTrial } from "../../../src/core/judge.ts";
import { rescoredSchema } from "../../../src/core/record.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import { rubric } from "../../../src/scoring/judges/rubric.ts";
import { scoreFrom } from "../../../src/scoring/judging/score-from-verdicts.ts";
import { onlyRun, project } from "../project.ts";
import { judgeServer } from "./judge-server.ts";
import { qaTask } from "./qa-task.ts";

const documentSchema = z.object({ runs: z.tuple([z.object({ trials: z.tuple([rescoredSchema]) })]) });

/** A level as a server gives it that tells how likely it and the next lower one were. */
function levelWithProbabilities(level: number, probability: number) {
  const tokens = [
    { token: '{"explanation":"so it is","score":', logprob: 0, top_logprobs: [] },
    {
      token: String(level),
      logprob: Math.log(probability),
      top_logprobs: [{ token: String(level - 1), logprob: Math.log(1 - probability) }],
    },
    { token: "}", logprob: 0, top_logprobs: [] },
  ];
  const message = { role: "assistant", content: tokens.map(({ token }) => token).join("") };
  const choice = { index: 0, finish_reason: "stop", message, logprobs: { content: tokens } };
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  return { status: 200, body: { id: "c", object: "chat.completion", created: 1, model: "judge", choices: [choice], usage } };
}

const judge = rubric().judge;
const trial: JudgedTrial = {
  instance: { id: "q0", data: {} },
  question: "Which answer has q0?",
  reference: "answer 0",
  output: "answer 0",
  opponent: null,
  transcript: async () => [],
};

/** One trial, graded by a panel of two, twice each, with replies that are off the menu and asked for again. */
async function storedScore() {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using strict = await judgeServer(({ nth }) => (nth === 0 ? '{"explanation":"","score":9}' : levelWithProbabilities(4, 0.75)));
  await using kind = await judgeServer(({ nth }) => levelWithProbabilities(5, nth === 0 ? 0.5 : 1));
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "--judge", "none", "--json"]));
  const judges = [strict.spec("strict", "&concurrency=1"), kind.spec("kind", "&concurrency=1")].flatMap((spec) => ["--judge", spec]);
  const options = ["--replicates", "2", "-o", "judging.onFailure=retry:1"];
  const { stdout, stderr } = await folder.assay(["rescore", run.path, "--scorer", "rubric", ...judges, ...options, "--json"]);
  const { score } = documentSchema.parse(JSON.parse(stdout === "" ? expect.fail(stderr) : stdout)).runs[0].trials[0];
  return score;
}

test("a score weighted by probabilities, of a panel with repairs, is derived again from its verdicts", async () => {
  const { name, ...stored } = await storedScore();
  expect(name).toBe("rubric");
  expect(stored.value).toBeCloseTo((3.75 + (4.5 + 5) / 2) / 2, 9);
  expect(stored.verdicts?.map(({ status, repair = 0 }) => [status, repair])).toEqual([
    ["off_menu", 0],
    ["ok", 1],
    ["ok", 0],
    ["ok", 0],
    ["ok", 0],
  ]);
  expect(scoreFrom(judge, trial, { panel: undefined }, stored.verdicts ?? [])).toEqual(stored);
  // And by another rule of the panel.
  const weights = { "openai-compatible/strict": 3, "openai-compatible/kind": 1 };
  const weighted = scoreFrom(judge, trial, { panel: { weights } }, stored.verdicts ?? []);
  expect(weighted.value).toBeCloseTo((3 * 3.75 + 4.75) / 4, 9);
});

test("where nothing was asked, the judge says why", () => {
  expect(scoreFrom(judge, { ...trial, output: null }, { panel: undefined }, [])).toEqual({
    value: null,
    reason: "the model gave no answer",
    verdicts: [],
  });
});

test("a grade without a reason has that of the first question that failed, and not of a reply that was asked for again", () => {
  const repaired = [verdictOn("first", "off_menu"), { ...verdictOn("first", "ok"), repair: 1 }];
  const reasonOf = (verdicts: Verdict[]) => scoreFrom(undecided, trial, { panel: undefined }, verdicts).reason;
  expect(reasonOf(repaired)).toBeUndefined();
  expect(reasonOf([...repaired, verdictOn("second", "refused"), verdictOn("third", "invalid")])).toBe("refused: second is refused");
});

/** A judge that never comes to a grade. */
const undecided: Judge = { name: "undecided", description: "", rubric: null, ask: () => [], grade: () => ({ value: null }) };

function verdictOn(question: string, status: Verdict["status"]): Verdict {
  const [rubricHash, promptHash, inputHash, response] = ["", "", "", ""];
  const record = { judge: "mock/echo", question, order: "given" as const, replicate: 1, rubricHash, promptHash, inputHash, response };
  return { ...record, status, reason: `${question} is ${status}`, parsed: null, label: null, value: null, usage: null, costUsd: null };
}
