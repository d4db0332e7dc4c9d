/** Logs of Inspect AI's: small ones of every form made here, and real ones where there are any. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AssayError } from "../../src/core/errors.ts";
import { inspectArchiveOutputs } from "../../src/data/outputs/inspect/archive.ts";
import { readOutputs } from "../../src/data/outputs/read-outputs.ts";
import type { OutputRecord } from "../../src/data/outputs/record.ts";
import { zipOf, type Member } from "./write-zip.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-logs-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: Buffer | string, name = "log.eval"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AssayError && error.code === "data/invalid") return error.message;
  throw new Error(`expected an AssayError, got ${String(error)}`);
}

const read = async (members: readonly Member[], options?: { zip64?: boolean }) =>
  Array.fromAsync(readOutputs(await file(zipOf(members, options))));

/** With another digit in the first sample's target. */
function changed(archive: Buffer): Buffer {
  archive.write("3", archive.indexOf('"target":"2"') + '"target":"'.length);
  return archive;
}

interface Changes {
  id?: string | number;
  epoch?: number;
  [key: string]: unknown;
}

const sample = ({ id = "q1", epoch = 1, ...changes }: Changes = {}) => ({
  id,
  epoch,
  input: "1+1?",
  target: "2",
  messages: [],
  output: { model: "m", choices: [], completion: "It is 2" },
  scores: { match: { value: "C", answer: "2", history: [] } },
  events: [],
  ...changes,
});
const member = (changes: Changes = {}, method: Member["method"] = "zstd"): Member => ({
  name: `samples/${changes.id ?? "q1"}_epoch_${changes.epoch ?? 1}.json`,
  content: JSON.stringify(sample(changes)),
  method,
});
const HEADER: Member = { name: "header.json", content: '{"version": 2, "status": "success", "eval": {}}', method: "zstd" };

const FIRST: OutputRecord = {
  namedBy: "id",
  instanceId: "q1",
  epoch: 1,
  output: "It is 2",
  question: "1+1?",
  reference: "2",
  scores: { match: "C" },
  place: "samples/q1_epoch_1.json",
};

describe("an archive", () => {
  test.each(["stored", "deflate", "zstd", "zstd-frames"] as const)("has members that are %s", async (method) => {
    const filling = { metadata: { filling: "x".repeat(5000) } };
    expect(await read([member(filling, method), HEADER])).toEqual([FIRST]);
  });

  test("may be of the form for more than 4 GiB", async () => {
    expect(await read([member(), member({ epoch: 2 }), HEADER], { zip64: true })).toHaveLength(2);
  });

  test("that a crash left without a header is read as far as it goes", async () => {
    const journal: Member = { name: "_journal/start.json", content: "{}" };
    expect(await read([journal, member()])).toEqual([FIRST]);
    expect(await read([journal])).toEqual([]);
  });

  test("may hold a name twice, and the last one counts", async () => {
    const again = member({ output: { completion: "It is 3" } });
    expect((await read([member(), HEADER, again])).map(({ output }) => output)).toEqual(["It is 3"]);
  });

  test("may have ids with slashes, dots and what looks like an epoch, which are no paths", async () => {
    const ids = ["a/b", "../../etc/passwd", "x_epoch_7", "x_epoch_1/sample", "ü\\n", "/abs", 7];
    const records = await read(ids.map((id) => member({ id })));
    expect(records.map(({ instanceId }) => instanceId)).toEqual(ids.map(String));
  });

  test("may hold samples in parts, whose texts stand in a sequence over several members", async () => {
    const base = "samples/q1_epoch_1";
    const shell = sample({ input: "attachment://0", target: ["attachment://2", "zwei"], output: { completion: "attachment://1" } });
    const parts: Member[] = [
      { name: `${base}/attachments/2.json`, content: '["two"]' },
      { name: `${base}/messages/0.json`, content: "not read" },
      { name: `${base}/sample.json`, content: JSON.stringify(shell), method: "zstd" },
      { name: `${base}/attachments/0.json`, content: '["one and one?", "attachment://2"]' },
    ];
    expect(await read([...parts, HEADER])).toEqual([
      { ...FIRST, question: "one and one?", output: "two", reference: ["two", "zwei"], place: `${base}/sample.json` },
    ]);
    // Inspect looks for the one member first.
    expect(await read([...parts, member()])).toEqual([FIRST]);
  });

  test.each([
    ["no zip at all", Buffer.from("PK\u0003\u0004 but no more"), "log.eval cannot be read: "],
    [
      "another archive",
      zipOf([{ name: "a.txt", content: "x" }]),
      "log.eval is a zip archive, but no log of Inspect AI's: it has no header.json.",
    ],
    ["an encrypted member", zipOf([{ ...member(), isEncrypted: true }]), "samples/q1_epoch_1.json is encrypted."],
    [
      "an unknown method",
      zipOf([{ ...member(), method: 14 }]),
      "samples/q1_epoch_1.json is compressed by method 14, which is not understood.",
    ],
    ["broken zstd", zipOf([{ ...member(), method: 93 }]), "samples/q1_epoch_1.json cannot be read: what follows is no zstd frame."],
    ["broken deflate", zipOf([{ ...member(), method: 8 }]), "samples/q1_epoch_1.json cannot be read: "],
    ["a changed byte", changed(zipOf([member({}, "stored")])), "samples/q1_epoch_1.json cannot be read: its checksum is another one."],
    ["broken JSON", zipOf([{ name: "samples/q1_epoch_1.json", content: "{" }]), "samples/q1_epoch_1.json: not valid JSON"],
    [
      "bytes that are no text",
      zipOf([{ name: "samples/q1_epoch_1.json", content: Buffer.from([0xff]) }]),
      "samples/q1_epoch_1.json is not UTF-8 text.",
    ],
    ["a sample of another shape", zipOf([member({ input: 5 })]), "samples/q1_epoch_1.json: input: "],
  ])("that holds %s is refused in one line", async (_what, bytes, message) => {
    const said = await failure(Array.fromAsync(readOutputs(await file(bytes))));
    expect(said).toContain(message);
    expect(said).not.toContain("\n");
  });

  test("is bounded by its members, by the size of each and by all of them together, whatever it says of itself", async () => {
    const limits = { members: 3, memberBytes: 100_000, totalBytes: 150_000 };
    const bomb = (id: string, method: Member["method"], bytes = 90_000) => member({ id, metadata: { zeros: "0".repeat(bytes) } }, method);
    const bounded = async (...members: Member[]) =>
      failure(Array.fromAsync(inspectArchiveOutputs(await file(zipOf(members)), "log.eval", limits)));
    expect(await bounded(bomb("a", "zstd", 200_000))).toMatch(/^log\.eval samples\/a_epoch_1\.json is larger than /);
    expect(await bounded(bomb("a", "deflate", 200_000))).toMatch(/^log\.eval samples\/a_epoch_1\.json is larger than /);
    expect(await bounded(bomb("a", "zstd"), bomb("b", "deflate"))).toBe("log.eval has more than 150,000 bytes in its members.");
    expect(await bounded(...["a", "b", "c", "d"].map((id) => member({ id })))).toBe("log.eval has more than 3 members.");
  });
});

describe("a sample", () => {
  const one = async (changes: Changes) => (await read([member(changes)]))[0];

  test("in which a score is not a number has none there, and texts that say NaN stay as they are", async () => {
    const text = JSON.stringify(sample({ input: 'Is NaN "Infinity\\\\"?', scores: { a: { value: 0 }, b: { value: 1 } } }));
    const python = text.replace('{"value":0}', '{"value": NaN}').replace('{"value":1}', '{"value": {"x": -Infinity, "y": [Infinity]}}');
    const [record] = await read([{ name: "samples/q1_epoch_1.json", content: python }]);
    expect(record).toMatchObject({ question: 'Is NaN "Infinity\\\\"?', scores: { a: null, b: { x: null, y: [null] } } });
  });

  test("has its long texts among its attachments, by either name, and one that leads to itself stays as it is", async () => {
    const attachments = { aa: "What is it?", bb: "attachment://aa", cc: "attachment://cc", __proto__: "x" };
    expect(
      await one({ attachments, input: "tc://bb", output: { completion: "attachment://cc" }, target: "attachment://constructor" }),
    ).toMatchObject({
      question: "What is it?",
      output: "attachment://cc",
      reference: "attachment://constructor",
    });
  });

  test("may be asked in messages of parts, and answered without a completion", async () => {
    const input = [
      { role: "system", content: "Be short." },
      {
        role: "user",
        content: [
          { type: "text", text: "1+" },
          { type: "image", image: "data:x" },
          { type: "text", text: "1?" },
        ],
      },
    ];
    const output = {
      choices: [
        {
          message: {
            role: "assistant",
            content: [
              { type: "reasoning", reasoning: "hm" },
              { type: "text", text: "2" },
            ],
          },
        },
      ],
    };
    expect(await one({ input, output })).toMatchObject({ question: "Be short.\n\n1+1?", output: "2" });
  });

  test("that failed or was taken back has no answer, and the reason", async () => {
    const error = { message: "Boom\nat x.py", traceback: "…", traceback_ansi: "…" };
    expect(await one({ error })).toMatchObject({ output: null, error: "Boom" });
    expect(await one({ invalidation: { author: "me" } })).toMatchObject({ output: null, error: "the sample was invalidated" });
    expect(await one({ output: null })).toMatchObject({ output: null });
    expect(await one({ limit: { type: "message", limit: 5 } })).toMatchObject({ output: "It is 2" });
  });
});

describe("a log as one JSON document", () => {
  const log = (samples: unknown) => ({ version: 2, status: "success", eval: { task: "t" }, samples });

  test.each([
    ["over many lines", JSON.stringify(log([sample(), sample({ epoch: 2 })]), null, 2)],
    ["on one line", JSON.stringify(log([sample(), sample({ epoch: 2 })]))],
  ])("is known by its content, %s", async (_form, text) => {
    const records = await Array.fromAsync(readOutputs(await file(text.replace('"C"', "NaN"), "log.txt")));
    expect(records).toEqual([
      { ...FIRST, scores: { match: null }, place: "sample 1" },
      { ...FIRST, epoch: 2, place: "sample 2" },
    ]);
  });

  test("without samples, or with a broken one, is refused", async () => {
    const said = async (samples: unknown) => failure(Array.fromAsync(readOutputs(await file(JSON.stringify(log(samples)), "log.json"))));
    expect(await said(undefined)).toBe("log.json: this Inspect AI log has no samples.");
    expect(await said([sample(), { id: 1 }])).toMatch(/^log\.json sample 2: input: /);
  });
});

const real = join(process.env["ASSAY_DATA"] ?? "", "inspect-logs");
const hasReal = process.env["ASSAY_DATA"] !== undefined && existsSync(real);

test.skipIf(!hasReal).each(["static-qa", "agent-local"])("the real log %s (in ASSAY_DATA) is read as its dump says", async (name) => {
  const dump = JSON.parse(readFileSync(join(real, `${name}.dump.json`), "utf8")) as Record<string, Record<string, unknown>>;
  const expected = Object.entries(dump).flatMap(([place, value]) => {
    if (!place.startsWith("samples/")) return [];
    const { id, epoch, input, choices, target, output, scores } = value as {
      id: string;
      epoch: number;
      input: string;
      choices?: string[];
      target: string;
      output: { completion: string };
      scores: Record<string, { value: unknown }>;
    };
    const values = Object.fromEntries(Object.entries(scores).map(([scorer, score]) => [scorer, score.value]));
    const record = {
      namedBy: "id",
      instanceId: id,
      epoch,
      output: output.completion,
      question: input,
      reference: target,
      scores: values,
      place,
    };
    return [choices ? { ...record, choices } : record];
  });
  expect(expected.length).toBeGreaterThan(0);
  expect(await Array.fromAsync(readOutputs(join(real, `${name}.eval`)))).toEqual(expected);
});
