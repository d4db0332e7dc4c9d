import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { AssayError } from "../../src/core/errors.ts";
import { sha256 } from "../../src/core/json.ts";
import { decompressZstd } from "../../src/data/zstd.ts";
import { loadData, loadRows, parseDataOverride } from "../../src/data/rows.ts";

const schema = z.looseObject({ question: z.string(), answer: z.string() });
const rows = [
  { question: "How many?", answer: "#### 3" },
  { question: "Wie viele? ½", answer: "#### 4" },
];
const jsonLines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** A frame for each piece, with a skippable one, an empty one and checksums among them, as appending tools write. */
function zstdFrames(text: string): Buffer {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  const [first, rest] = [text.slice(0, 20), text.slice(20)];
  return Buffer.concat([zstdCompressSync(first), skippable, zstdCompressSync("", checked), zstdCompressSync(rest, checked)]);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-data-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function load(name: string, content: string | Uint8Array, limit?: number) {
  return loadRows({ file: await file(name, content) }, { schema, limit });
}

async function failure(work: Promise<unknown>): Promise<AssayError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AssayError) return error;
  throw new Error(`expected an AssayError, got ${String(error)}`);
}

test.each([
  ["rows.jsonl", jsonLines],
  ["rows.jsonl", `\uFEFF${jsonLines.replaceAll("\n", "\r\n\r\n").trimEnd()}`],
  ["rows.jsonl.gz", gzipSync(jsonLines)],
  ["rows.jsonl.zst", zstdCompressSync(jsonLines)],
  ["rows.jsonl.zst", zstdFrames(jsonLines)],
  ["rows.json", JSON.stringify(rows, null, 2)],
  ["rows.json", jsonLines],
  ["rows.json.gz", gzipSync(JSON.stringify(rows))],
  ["rows.csv", 'question,answer\n"How many?",#### 3\nWie viele? ½,#### 4\n'],
])("the same rows come out of %s", async (name, content) => {
  expect(await load(name, content)).toEqual(rows);
});

test("Parquet columns become JSON values, whole numbers beyond 2^53 text", async () => {
  const source = { file: new URL("../fixtures/data/two-rows.parquet", import.meta.url).pathname };
  expect(await loadRows(source, { schema })).toEqual([
    { ...rows[0], id: 1, choices: ["a", "b"] },
    { ...rows[1], id: "9007199254740993", choices: [] },
  ]);
  expect(await loadRows(source, { schema, limit: 1 })).toHaveLength(1);
});

test("a limit stops before a later broken row, and the hash is of the whole file", async () => {
  const content = `${jsonLines}{broken\n`;
  const loaded = await loadData({ file: await file("limited.jsonl", content) }, { schema, limit: 2 });
  expect(loaded).toEqual({ rows, contentHash: sha256(content) });
});

test("a row of the wrong type is named by file, line, field and what was found", async () => {
  const content = jsonLines.repeat(616) + jsonLines.split("\n")[0] + '\n{"question": 5, "answer": "x"}\n';
  const error = await failure(load("gsm8k-test.jsonl", content));
  expect(error.code).toBe("data/invalid");
  expect(error.message).toBe("gsm8k-test.jsonl line 1,234: question: expected string, received number");
});

test.each([
  ["bad.jsonl", `${jsonLines}\n{"question": `, "bad.jsonl line 4: not valid JSON"],
  ["bad.json", '[{"question": "a"', "bad.json: not valid JSON"],
  ["bad.csv", "question,answer\na,b,c\n", "bad.csv line 2: 3 fields, but the header has 2."],
  ["bad.csv", 'question,answer\na,b"c"\n', "bad.csv line 2: a quotation mark inside an unquoted field."],
  ["bad.csv", 'question,answer\na,"b\nc\n', "bad.csv line 2: a quoted field is never closed."],
  ["bad.jsonl", Buffer.from([0x7b, 0xff, 0xfe, 0x0a]), "bad.jsonl line 1 is not UTF-8 text."],
  ["bad.jsonl.gz", "no gzip", "bad.jsonl.gz cannot be read"],
  [
    "bad.jsonl.zst",
    zstdCompressSync(jsonLines).subarray(0, -5),
    "bad.jsonl.zst cannot be read: the zstd data ends in the middle of a frame.",
  ],
  ["bad.jsonl.zst", Buffer.concat([zstdCompressSync(jsonLines), Buffer.from("junk")]), "what follows is no zstd frame."],
  ["bad.parquet", "PAR1 no parquet PAR1", "bad.parquet is no readable Parquet file"],
  ["bad.xlsx", "x", "bad.xlsx: a file of this kind is not understood."],
  ["list.jsonl", '["a"]\n', "list.jsonl line 1: expected object, received array"],
])("what is wrong with %s is said in one line", async (name, content, message) => {
  const error = await failure(load(name, content));
  expect(error.code).toBe("data/invalid");
  expect(error.message).toContain(message);
  expect(error.message).not.toContain("\n");
  expect(error.message).not.toContain(folder);
});

test("a missing file is named as the user wrote it", async () => {
  const error = await failure(loadRows({ file: "no/such.jsonl" }, { schema }));
  expect([error.code, error.message]).toEqual(["data/not-found", "There is no file no/such.jsonl."]);
  expect((await failure(loadRows({ file: folder }, { schema }))).code).toBe("data/not-found");
});

test("a row cannot give anything another prototype", async () => {
  const hostile = '{"question": "a", "answer": "b", "__proto__": {"isAdmin": true}, "x": {"\\u005f_proto__": {"isAdmin": true}}}\n';
  const [row] = await load("hostile.jsonl", hostile);
  const [csv] = await load("hostile.csv", "question,answer,__proto__\na,b,c\n");
  expect([Object.getOwnPropertyNames(row), Object.getOwnPropertyNames(row?.["x"]), Object.getOwnPropertyNames(csv)]).toEqual([
    ["question", "answer", "x"],
    [],
    ["question", "answer"],
  ]);
  expect(Object.assign({}, row)).not.toHaveProperty("isAdmin");
});

test("any table survives being written as CSV and read again", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", " ", "é") }).filter((text) => !text.endsWith("\r"));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), async (cells) => {
      const content = `question,answer\n${cells.map((pair) => pair.map(quoted).join(",")).join("\n")}\n`;
      expect(await load("any.csv", content)).toEqual(cells.map(([question, answer]) => ({ question, answer })));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["data/rows.jsonl", { file: "data/rows.jsonl" }],
  ["hf://openai/gsm8k", { dataset: "openai/gsm8k", split: "test" }],
  ["hf://openai/gsm8k/main:train@abc123", { dataset: "openai/gsm8k", config: "main", split: "train", revision: "abc123" }],
  ["hf://openai/gsm8k@refs/pr/3", { dataset: "openai/gsm8k", split: "test", revision: "refs/pr/3" }],
])("data=%s names a source", (text, source) => {
  expect(parseDataOverride(text)).toEqual(source);
});

test.each(["", "hf://", "hf://gsm8k", "hf://a/b/c/d", "hf://../../x", "hf://a/b:"])("data=%s is refused", (text) => {
  expect(() => parseDataOverride(text)).toThrow(AssayError);
});

test("zstd of any frames, cut anywhere, comes out as it went in", async () => {
  const piece = fc.oneof(fc.string(), fc.constant("x".repeat(300_000)), fc.string({ minLength: 5000, maxLength: 9000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 5000 }), async (pieces, size) => {
      const bytes = Buffer.concat(pieces.map((text) => zstdCompressSync(text)));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
      const parts: Buffer[] = [];
      for await (const part of decompressZstd(ReadableStream.from(chunks))) parts.push(part);
      expect(Buffer.concat(parts).equals(Buffer.from(pieces.join("")))).toBe(true);
    }),
    { numRuns: 50 },
  );
});
