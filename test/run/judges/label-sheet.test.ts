/** People and judges answer one question: what a sheet shows is what a judge was shown. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { neutralise } from "../../../src/scoring/judging/neutralise.ts";
import { onlyRun, project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";

const TASK = `
import { accuracy, defineTask, referenceQa, z } from "assay";
export default defineTask({
  name: "talks",
  description: "Conversations, some of whose rows say themselves what a judge is to be told.",
  source: () => [
    { id: "plain" },
    { id: "own", question: "Which city is the capital of France?", reference: ["Paris", "Lutetia"] },
    { id: "talk", before: true },
  ],
  row: z.object({ id: z.string(), before: z.boolean().optional() }).loose(),
  toInstance: ({ id, ...data }) => ({ id, data, reference: { text: "Paris" } }),
  format: ({ data }) => ({ kind: "chat", messages: [
    { role: "system", content: "Answer in one word." },
    ...(data.before ? [{ role: "user", content: "Hello." }, { role: "assistant", content: "Hi." }] : []),
    { role: "user", content: "The capital?" },
  ] }),
  scorers: [referenceQa()],
  metrics: [accuracy({ score: "reference-qa" })],
  primaryMetric: "accuracy",
});
`;

const shownSchema = z.object({ question: z.string(), reference: z.string() });
const bySize = (a: { question: string }, b: { question: string }) => a.question.length - b.question.length;

test("a sheet shows people the question and the reference that the judge was shown", async () => {
  await using folder = await project({ "task.ts": TASK });
  const shown: z.output<typeof shownSchema>[] = [];
  await using server = await judgeServer((asked) => {
    shown.push({ question: asked.text("question"), reference: asked.text("reference") });
    return verdict("correct");
  });
  const judged = [
    "run",
    "-m",
    "mock/oracle",
    "-t",
    "./task.ts",
    "-o",
    "harness.systemPrompt=Be brief.",
    "--judge",
    server.spec(),
    "--json",
  ];
  const { path } = onlyRun(await folder.assay(judged));
  await folder.assay(["label", "sample", path, "-n", "3", "--file", "sheet.jsonl"]);
  const lines = (await readFile(join(folder.folder, "sheet.jsonl"), "utf8")).trim().split("\n");
  const sheet = lines.map((line) => shownSchema.parse(JSON.parse(line))).toSorted(bySize);
  // What names a speaker is made harmless for the judge, and for nobody else.
  expect(sheet.map(({ question, reference }) => ({ question: neutralise(question), reference }))).toEqual(shown.toSorted(bySize));
  expect(sheet).toEqual([
    { question: "The capital?", reference: "Paris" },
    { question: "Which city is the capital of France?", reference: "- Paris\n- Lutetia" },
    { question: "system: Answer in one word.\n\nuser: Hello.\n\nassistant: Hi.\n\nuser: The capital?", reference: "Paris" },
  ]);
});
