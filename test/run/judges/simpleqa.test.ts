import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onlyRun, project, trialsIn } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";

const TASK = fileURLToPath(new URL("../../fixtures/simpleqa-like/task.ts", import.meta.url));

test("short answers are correct, incorrect or not attempted, and every metric of that comes with its uncertainty", async () => {
  await using folder = await project({});
  await using server = await judgeServer((asked) => {
    if (asked.text("submission") === asked.text("reference")) return verdict("correct");
    return verdict(asked.text("question").includes("Mars") ? "incorrect" : "not_attempted");
  });
  const finished = await folder.assay(["run", "-m", "mock/oracle?accuracy=0.5&seed=1", "-t", TASK, "--judge", server.spec(), "--json"]);
  const run = onlyRun(finished);
  const rows = await trialsIn(folder, run);
  const count = (label: string) => rows.filter(({ scores }) => scores[0]?.label === label).length;
  const [correct, incorrect, notAttempted] = [count("correct"), count("incorrect"), count("not_attempted")];
  expect([correct + incorrect + notAttempted, correct > 0, notAttempted > 0]).toEqual([6, true, true]);
  const { metrics = {} } = run.tasks[0] ?? {};
  expect(metrics["correct"]?.value).toBeCloseTo(correct / 6);
  expect(metrics["attempted"]?.value).toBeCloseTo((correct + incorrect) / 6);
  expect(metrics["accuracy given attempted"]?.value).toBeCloseTo(correct / (correct + incorrect));
  expect(metrics["f1"]?.value).toBeCloseTo((2 * correct) / (6 + correct + incorrect));
  for (const { low, high, value } of Object.values(metrics))
    expect([low ?? 1, value ?? 0, high ?? 0].toSorted((a, b) => a - b)).toEqual([low, value, high]);
});

test("answers made elsewhere are judged by a built-in kind, without the model and without a task of one's own", async () => {
  const answers = [
    { instance: "a", question: "2 + 2?", reference: "4", output: "four" },
    { instance: "b", question: "3 + 3?", reference: "6", output: "seven" },
  ];
  await using folder = await project({ "answers.jsonl": answers.map((line) => JSON.stringify(line)).join("\n") });
  await using server = await judgeServer((asked) => verdict(asked.text("submission") === "four" ? "correct" : "incorrect"));
  const run = onlyRun(await folder.assay(["score", "--outputs", "answers.jsonl", "--json"]));
  const { stdout } = await folder.assay(["rescore", join(run.path), "--scorer", "simpleqa", "--judge", server.spec(), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    runs: [{ counts: { scored: 2 }, tasks: [{ metrics: { correct: { value: 0.5 }, attempted: { value: 1 } } }] }],
  });
  expect(server.requests.map((asked) => asked.text("reference")).toSorted()).toEqual(["4", "6"]);
});
