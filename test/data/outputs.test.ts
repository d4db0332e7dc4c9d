/** Answers out of the files of other programs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AssayError } from "../../src/core/errors.ts";
import { parsePythonJson } from "../../src/data/outputs/python-json.ts";
import { readOutputs } from "../../src/data/outputs/read-outputs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-outputs-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Uint8Array, name = "answers.txt") {
  const path = join(folder, name);
  await writeFile(path, content);
  return Array.fromAsync(readOutputs(path));
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AssayError && error.code === "data/invalid") return error.message;
  throw new Error(`expected an AssayError, got ${String(error)}`);
}

const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

describe("plain lines", () => {
  const values = [
    { instance: "a/../b", output: "x", epoch: 2, question: "q?", reference: ["r", "s"], scores: { exact: 1 }, more: true },
    { instance: 7, output: null, error: "died" },
  ];
  const records = [
    {
      namedBy: "id",
      instanceId: "a/../b",
      epoch: 2,
      output: "x",
      question: "q?",
      reference: ["r", "s"],
      scores: { exact: 1 },
      place: "line 1",
    },
    { namedBy: "id", instanceId: "7", output: null, error: "died", place: "line 2" },
  ];

  test.each([
    ["as they are", lines(...values)],
    ["with a byte order mark and Windows line ends", `\uFEFF${lines(...values).replaceAll("\n", "\r\n")}`],
    ["by gzip", gzipSync(lines(...values))],
    ["by zstd, under any name", Buffer.concat([zstdCompressSync(lines(values[0])), zstdCompressSync(lines(values[1]))])],
  ])("are read %s", async (_form, content) => {
    expect(await read(content)).toEqual(records);
  });

  test("may be the rows of one list, and an empty file has none", async () => {
    expect((await read(JSON.stringify(values, null, 2))).map(({ place }) => place)).toEqual(["row 1", "row 2"]);
    expect((await read(JSON.stringify(values))).map(({ instanceId }) => instanceId)).toEqual(["a/../b", "7"]);
    expect(await read("\n\n")).toEqual([]);
  });
});

describe("JSON of Python's", () => {
  test("has bare words for numbers that are none; the same words in texts stay", () => {
    const text = '{"NaN": NaN, "a": [Infinity, -Infinity, 1], "b": "is NaN, \\"Infinity\\" \\\\", "c": "\\\\\\"NaN"}';
    expect(parsePythonJson(text, "x")).toEqual({ NaN: null, a: [null, null, 1], b: 'is NaN, "Infinity" \\', c: '\\"NaN' });
  });

  test("is otherwise read as JSON is, whatever the texts hold", () => {
    const word = fc.string({ unit: fc.constantFrom("NaN", "Infinity", "-", '"', "\\", "\n", "a", "é", ",", "]") });
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, word, fc.constant(null), fc.integer(), fc.array(tie("any")), fc.dictionary(word, tie("any"))),
    })).any;
    fc.assert(
      fc.property(value, word, (any, other) => {
        const text = JSON.stringify({ any, other, NaN: "NaN" });
        expect(parsePythonJson(text, "x")).toEqual(JSON.parse(text));
      }),
    );
  });

  test("of a text of a million backslashes is read at once", () => {
    expect(parsePythonJson(`{"a": "${"\\".repeat(1_000_000)}", "b": NaN}`, "x")).toEqual({ a: "\\".repeat(500_000), b: null });
    const quotes = '\\"'.repeat(500_000);
    expect(parsePythonJson(`{"a": "${quotes}", "b": NaN}`, "x")).toEqual({ a: '"'.repeat(500_000), b: null });
  });
});

describe("lm-eval's samples", () => {
  const sample = (changes: object = {}) => ({
    doc_id: 0,
    doc: { question: "1+1?", answer: "2" },
    target: "2",
    arguments: { gen_args_0: { arg_0: "Q: 1+1?\nA:", arg_1: { until: ["\n"], temperature: 0 } } },
    resps: [["It is 2", "3"]],
    filtered_resps: ["2"],
    filter: "strict-match",
    metrics: ["exact_match"],
    exact_match: 1,
    doc_hash: "h",
    ...changes,
  });
  const first = {
    namedBy: "position",
    position: 0,
    output: "It is 2",
    question: "1+1?",
    prompt: "Q: 1+1?\nA:",
    reference: "2",
    scores: { "exact_match,strict-match": 1 },
    place: "line 1",
  };

  test("name instances by their place; repeats are epochs, and what other filters repeat is read once", async () => {
    const flexible = { filter: "flexible-extract", filtered_resps: ["3"], exact_match: 0 };
    const other = { doc_id: 5, doc: { task_id: "HumanEval/5", prompt: "def f" }, resps: [["pass"]], exact_match: Number.NaN };
    const text = lines(sample(), sample(other), sample(flexible), sample({ ...other, ...flexible }));
    expect(await read(text.replace('"exact_match":null', '"exact_match":NaN'))).toEqual([
      first,
      { ...first, output: "3" },
      {
        ...first,
        position: 5,
        instanceId: "HumanEval/5",
        question: "def f",
        output: "pass",
        scores: { "exact_match,strict-match": null },
        place: "line 2",
      },
    ]);
  });

  test("of older versions have lists of arguments, and texts for targets that were none", async () => {
    const old = sample({
      arguments: [["Q: 1+1?\nA:", { until: ["\n"] }]],
      target: 2,
      filter: undefined,
      metrics: undefined,
      resps: [["2"]],
    });
    const { reference: _none, ...rest } = first;
    expect(await read(lines(old))).toEqual([{ ...rest, output: "2", scores: {} }]);
  });

  test.each([
    ["choices", { resps: [[["-1.5", "False"]], [["-0.5", "True"]]], arguments: { gen_args_0: { arg_0: "Q", arg_1: " A" } } }],
    ["a text's likelihood", { resps: [["-12.5"]], arguments: { gen_args_0: { arg_0: "some text" } } }],
  ])("of %s hold nothing that could be graded", async (_kind, changes) => {
    const said = await failure(read(lines(sample(changes)), "s.jsonl"));
    expect(said).toBe("s.jsonl line 1: log-likelihoods of given choices, and no text that the model wrote.");
  });
});

describe("olmo-eval's predictions", () => {
  const prediction = (changes: object = {}) => ({
    doc_id: 0,
    native_id: "q-17",
    model_output: [{ text: "It is 2", extracted_answer: "2", num_chars: 7 }],
    instance_metrics: { exact_match: { exact_match: 1 } },
    label: "2",
    final_output: "It is 2",
    ...changes,
  });
  const first = {
    namedBy: "id",
    instanceId: "q-17",
    position: 0,
    output: "It is 2",
    reference: "2",
    scores: { exact_match: { exact_match: 1 } },
    place: "line 1",
  };

  test("name instances by their own id, or by number where they have none; samples are epochs", async () => {
    const samples = [{ text: "a", sum_logits: -1.5 }, { text: null }, { text: "c" }];
    const text = lines(prediction(), prediction({ native_id: "doc_3", doc_id: 3, model_output: samples, label: 2 }), {
      native_id: 9,
      instance_metrics: { judge: { external: 0.5 } },
      error: "refused",
    });
    const { instanceId: _id, reference: _label, ...numbered } = { ...first, namedBy: "position", position: 3, place: "line 2" };
    expect(await read(text)).toEqual([
      first,
      { ...numbered, output: "a" },
      { ...numbered, output: null },
      { ...numbered, output: "c" },
      { namedBy: "id", instanceId: "9", output: null, scores: { judge: { external: 0.5 } }, error: "refused", place: "line 3" },
    ]);
  });

  test("of ranked choices hold nothing that could be graded", async () => {
    const choices = [
      { text: " A", sum_logits: -1 },
      { text: " B", sum_logits: -2 },
    ];
    expect(await failure(read(lines(prediction({ model_output: choices, label: 0 })), "p.jsonl"))).toBe(
      "p.jsonl line 1: log-likelihoods of given choices, and no text that the model wrote.",
    );
  });
});

test.each([
  ["5\n", "f.jsonl line 1: no JSON object, which is no answer of a kind that is understood."],
  ['{"id": 1, "text": "x"}\n', "f.jsonl line 1: an object with the keys id, text, which is no answer of a kind that is understood."],
  ["{}\n", "f.jsonl line 1: an object with the keys (none), which is no answer of a kind that is understood."],
  ["[{}", "f.jsonl: not valid JSON"],
  [lines({ instance: "a", output: "x" }, { doc_id: 1, resps: [] }), "f.jsonl line 2: instance: "],
  [lines({ doc_id: -1, resps: [["x"]] }), "f.jsonl line 1: doc_id: "],
  [lines({ doc_id: 0, resps: [] }), "f.jsonl line 1: resps: "],
  [lines({ native_id: "", model_output: [] }), "f.jsonl line 1: native_id: "],
  [
    `{"instance": "a", "output": "x", "scores": {"s": ${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
    "scores.s: nested more than 20 levels deep",
  ],
  [Buffer.from([0x7b, 0xff, 0x0a]), "f.jsonl line 1 is not UTF-8 text."],
])("what is wrong with %.80j is said in one line", async (content, message) => {
  const said = await failure(read(content, "f.jsonl"));
  expect(said).toContain(message);
  expect(said).not.toContain("\n");
});
