import { expect, test } from "vitest";
import { runAssay, steady } from "./run-assay.ts";

const TASK = `
import { accuracy, defineTask, exactMatch, z } from "assay";
export default defineTask({
  name: "capitals",
  description: "Names the country of a capital.",
  source: () => [["Oslo", "Norway"], ["Lima", "Peru"], ["Bern", "Switzerland"]],
  row: z.tuple([z.string(), z.string()]),
  toInstance: ([city, country]) => ({ id: city, data: country }),
  format: ({ id }) => ({ kind: "chat", messages: [{ role: "user", content: \`\${id} is the capital of which country?\` }] }),
  scorers: [exactMatch({ expected: ({ data }) => data })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
});
`;
const lines = (...values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const score = (answers: string, ...words: string[]) =>
  runAssay({ "task.ts": TASK, "answers.jsonl": answers }, ["score", "-t", "./task.ts", "--outputs", "answers.jsonl", ...words]);

interface Row {
  trialId: string;
  status: string;
  error?: { code: string; message: string };
  output: string | null;
  scores: { value: number }[];
  usage: object;
  warnings?: string[];
  givenScores?: object;
}

function rowsOf(files: Record<string, string>): Record<string, Row> {
  const [, text = ""] = Object.entries(files).find(([path]) => path.endsWith("/predictions.jsonl")) ?? [];
  const rows = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    rows.map((line) => {
      const row = JSON.parse(line) as Row;
      return [row.trialId, row];
    }),
  );
}

const SOME = lines(
  { instance: "Lima", output: "Chile" },
  { instance: "Oslo", output: "Norway", question: "Oslo  is the capital\nof which country?" },
  { instance: "Bern", output: "Switzerland" },
);

test("answers in a file are graded as a run's are, by the instance's id and with no usage made up", async () => {
  const { code, stdout, stderr, files } = await score(SOME);
  expect({ code, stdout: steady(stdout) }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stdout": "outputs/answers.jsonl · baseline

    task      metric    value  ± stderr  95 % interval  questions  scored
    ─────────────────────────────────────────────────────────────────────
    capitals  accuracy  0.667     0.333  0.208 – 0.939          3  3 of 3
    ─────────────────────────────────────────────────────────────────────

    3 of 3 trials completed, 0 errors, cost $0, tokens 0 in and 0 out, <time>
    run      runs/<run id>
    look at  assay replay runs/<run id> capitals/Lima/1   exact 0
    ",
    }
  `);
  expect(stderr).not.toContain("Warning");
  expect(Object.values(rowsOf(files)).map(({ trialId, output, scores }) => [trialId, output, scores[0]?.value])).toEqual(
    expect.arrayContaining([
      ["capitals/Oslo/1", "Norway", 1],
      ["capitals/Lima/1", "Chile", 0],
      ["capitals/Bern/1", "Switzerland", 1],
    ]),
  );
  expect(rowsOf(files)["capitals/Oslo/1"]?.usage).toEqual({ inputTokens: null, outputTokens: null, costUsd: 0 });
});

test("a trial without an answer ends in an error and is no wrong answer, and answers of nobody are told once", async () => {
  const strays = ["Rome", "Wien", "Bonn", "Rom\u001b[2J", "Riga", "Kiev"].map((instance) => ({ instance, output: "?" }));
  const answers = lines({ instance: "Oslo", output: "Norway" }, { instance: "Lima", output: null, error: "out of memory" }, ...strays);
  const { code, stdout, stderr, files } = await score(answers, "--json");
  const rows = rowsOf(files);
  expect({ code, lima: rows["capitals/Lima/1"], bern: rows["capitals/Bern/1"] }).toMatchObject({
    code: 1,
    lima: {
      status: "error",
      output: null,
      scores: [],
      error: { code: "model/no-output", message: "answers.jsonl line 2 has no output for Lima: out of memory." },
    },
    bern: { status: "error", output: null, scores: [], error: { message: "answers.jsonl has no answer for Bern, epoch 1." } },
  });
  const { accuracy } = (JSON.parse(stdout) as { runs: { tasks: { metrics: { accuracy: object } }[] }[] }).runs[0]?.tasks[0]?.metrics ?? {};
  expect(accuracy).toMatchObject({ value: 1, bounds: { low: 1 / 3, high: 1 } });
  expect(stderr).toContain("answers.jsonl: 6 answers belong to no planned trial and are left aside: Rome, Wien, Bonn, Rom␛[2J, Riga, …\n");
  const allowed = await score(answers, "--allow-errors", "2");
  expect(allowed.code).toBe(0);
});

test("several answers to one instance are its epochs, numbered or in order, and --epochs limits them", async () => {
  const answers = lines(
    ...["Oslo", "Lima", "Bern"].flatMap((instance) => [
      { instance, output: "second", epoch: 2 },
      { instance, output: "first", epoch: 1 },
    ]),
  );
  const { code, files } = await score(answers);
  const outputs = Object.values(rowsOf(files)).map(({ trialId, output }) => `${trialId} ${output}`);
  expect({ code, outputs: outputs.toSorted() }).toEqual({
    code: 0,
    outputs: ["Bern/1 first", "Bern/2 second", "Lima/1 first", "Lima/2 second", "Oslo/1 first", "Oslo/2 second"].map(
      (text) => `capitals/${text}`,
    ),
  });
  const first = await score(answers, "--epochs", "1");
  expect({ code: first.code, rows: Object.keys(rowsOf(first.files)).length }).toEqual({ code: 0, rows: 3 });
  expect(first.stderr).toContain(
    "3 answers belong to no planned trial and are left aside: Oslo (epoch 2), Lima (epoch 2), Bern (epoch 2)\n",
  );
});

test("an answer to another question than the trial's is doubted in words", async () => {
  const { stderr } = await score(lines({ instance: "Oslo", output: "Norway", question: "What is 1 + 1?" }), "--instance", "Oslo");
  expect(stderr).toContain(
    'Warning of capitals/Oslo/1: answers.jsonl line 1: its question is no part of what this trial asks: "What is 1 + 1?"',
  );
});

test.each([
  ['{"instance": "Oslo"}\n', "line 1: an object with the keys instance, which is no answer of a kind that is understood."],
  ['{"instance": "Oslo", "output": 5}\n', "line 1: output: "],
  ['\n{"instance": "Oslo", "output": "a"}\n{"instance": ', "line 3: not valid JSON"],
  [
    lines({ instance: "a", output: "x", epoch: 2 }, { instance: "a", output: "y", epoch: 2 }),
    'line 2: instance "a" has an answer for epoch 2 already, at line 1.',
  ],
])("what is wrong with a file is said in one line, and no run is made: %j", async (answers, message) => {
  const { code, stderr, files } = await score(answers);
  expect({ code, files: Object.keys(files).toSorted() }).toEqual({ code: 2, files: ["answers.jsonl", "task.ts"] });
  expect(stderr).toMatch(/^assay: answers\.jsonl .*\[data\/invalid\]\n$/);
  expect(stderr).toContain(message);
});

test("a file is of one task, and several are refused: their instances may have the same names", async () => {
  const rows = lines({ id: "Oslo", question: "1+1?", reference: "2" });
  const words = ["score", "-t", "./task.ts", "-t", "answers", "-o", "data.answers=rows.jsonl", "--outputs", "answers.jsonl"];
  const both = await runAssay({ "task.ts": TASK, "rows.jsonl": rows, "answers.jsonl": SOME }, words);
  expect({ code: both.code, stderr: both.stderr }).toEqual({
    code: 2,
    stderr:
      "assay: -t: answers.jsonl holds answers to one task, and these are 2: capitals, answers. Score one task at a time. [usage/bad-option]\n",
  });
});

test("another content of the file is another run: resuming with it is refused", async () => {
  const answers = lines({ instance: "Oslo", output: "Norway" });
  const { code, files } = await score(answers);
  expect(code).toBe(1);
  const run =
    Object.keys(files)
      .find((path) => path.endsWith("/run.json"))
      ?.slice(0, -"/run.json".length) ?? "";
  const changed = await runAssay({ ...files, "answers.jsonl": SOME }, ["run", "--resume", run]);
  expect({ code: changed.code, stderr: changed.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("the file of model outputs/answers.jsonl changed"),
  });
});

test("without a task the file's own questions and references are one, and what was scored elsewhere is kept beside ours", async () => {
  const answers = lines(
    { instance: "a", output: "2", question: "1+1?", reference: ["two", "2"], scores: { judge: 0.5 } },
    { instance: "b", output: "4", question: "1+2?", reference: "3", scores: { judge: { value: 1 } } },
    { instance: "a", output: "3", question: "1+1?", reference: ["two", "2"] },
    { instance: "b", output: "3", question: "1+2?", reference: "3" },
  );
  const { code, stderr, files } = await runAssay({ "answers.jsonl": answers }, ["score", "--outputs", "answers.jsonl"]);
  expect({ code, warned: stderr.includes("Warning") }).toEqual({ code: 0, warned: false });
  const rows = Object.entries(rowsOf(files)).map(([id, { scores, givenScores }]) => [id, scores[0]?.value, givenScores]);
  expect(rows.toSorted()).toEqual([
    ["answers/a/1", 1, { judge: 0.5 }],
    ["answers/a/2", 0, undefined],
    ["answers/b/1", 0, { judge: { value: 1 } }],
    ["answers/b/2", 1, undefined],
  ]);
  const untold = await runAssay({ "answers.jsonl": SOME }, ["score", "--outputs", "answers.jsonl"]);
  expect(untold.stderr).toContain(
    "answers.jsonl line 1: question: expected string, received undefined. Name the task that was answered with -t",
  );
});

test("documents that are named by their place find their instance, in any order, with a task and without", async () => {
  const sample = (doc_id: number, city: string, text: string) => ({
    doc_id,
    doc: { question: `${city} is the capital of which country?` },
    target: { Lima: "Peru", Bern: "Switzerland", Oslo: "Norway" }[city],
    arguments: { gen_args_0: { arg_0: "…", arg_1: {} } },
    resps: [[text]],
  });
  const samples = lines(sample(2, "Bern", "Switzerland"), sample(1, "Lima", "Chile"));
  const withTask = await score(samples, "--instance", "Lima", "--instance", "Bern");
  expect({ code: withTask.code, warned: withTask.stderr.includes("Warning") }).toEqual({ code: 0, warned: false });
  const values = ({ files }: { files: Record<string, string> }) =>
    Object.entries(rowsOf(files))
      .map(([id, row]) => `${id} ${row.scores[0]?.value}`)
      .toSorted();
  expect(values(withTask)).toEqual(["capitals/Bern/1 1", "capitals/Lima/1 0"]);
  const without = await runAssay({ "s.jsonl": samples }, ["score", "--outputs", "s.jsonl"]);
  expect(values(without)).toEqual(["answers/#1/1 0", "answers/#2/1 1"]);
});

test("answers named by ids that are not ours go by their numbers, all of them or none", async () => {
  const prediction = (native_id: string, doc_id: number, text: string) => ({ native_id, doc_id, model_output: [{ text }], label: "x" });
  const foreign = await score(lines(prediction("q-a", 0, "Norway"), prediction("q-b", 1, "Peru"), prediction("q-c", 2, "?")));
  expect({ code: foreign.code, oslo: rowsOf(foreign.files)["capitals/Oslo/1"]?.output }).toEqual({ code: 0, oslo: "Norway" });
  const mixed = await score(lines(prediction("Lima", 0, "Peru"), prediction("q-b", 1, "?")), "--instance", "Oslo", "--instance", "Lima");
  expect({ code: mixed.code, rows: Object.values(rowsOf(mixed.files)).map(({ trialId, output }) => [trialId, output]) }).toEqual({
    code: 1,
    rows: expect.arrayContaining([
      ["capitals/Oslo/1", null],
      ["capitals/Lima/1", "Peru"],
    ]),
  });
});
