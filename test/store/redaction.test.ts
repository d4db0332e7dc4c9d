import fc from "fast-check";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readContent } from "../../src/store/content.ts";
import { createRedactor } from "../../src/store/redaction.ts";
import { readFile } from "node:fs/promises";
import { createRunFolder } from "../../src/store/open-run.ts";
import { recordOf, rowOf, temporaryFolder } from "./run-folders.ts";

const NO_IDS: ReadonlySet<string> = new Set();
const secret = fc
  .oneof(fc.string({ minLength: 8, maxLength: 40 }), fc.string({ unit: "binary", minLength: 8, maxLength: 20 }))
  .filter((text) => !"[redacted]".includes(text));

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const [key, item] of Object.entries(value)) yield* [key, ...stringsIn(item)];
}

test("no secret is left in a value, however deep, as text or as JSON in JSON", () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), fc.jsonValue(), (secrets, text, other) => {
      const redactor = createRedactor(secrets);
      const parts = secrets.map((one) => [text + one, { [`${one}!`]: one }, JSON.stringify({ arguments: JSON.stringify([one, text]) })]);
      const { value, count } = redactor.json({ parts, other }, NO_IDS);
      const stored = [...stringsIn(JSON.parse(value))].join("\n");
      expect(count).toBeGreaterThanOrEqual(1);
      for (const one of secrets) {
        expect(stored).not.toContain(one);
        expect(stored).not.toContain(JSON.stringify(one).slice(1, -1));
        expect(stored).not.toContain(JSON.stringify(JSON.stringify(one)).slice(3, -3));
      }
    }),
  );
});

test("what holds no secret is left as it is, byte for byte", () => {
  const redactor = createRedactor(["sk-0123456789", "short", "redacted"]);
  fc.assert(
    fc.property(fc.uint8Array(), fc.dictionary(fc.string(), fc.jsonValue()), (bytes, value) => {
      expect(redactor.bytes(bytes)).toEqual({ value: bytes, count: 0 });
      expect(redactor.json(value, NO_IDS)).toEqual({ value: JSON.stringify(value), count: 0 });
    }),
  );
  expect(redactor.text("short and redacted")).toEqual({ value: "short and redacted", count: 0 });
});

test("a secret between bytes that are no text is taken out and nothing else", () => {
  const clean = createRedactor(["sk-0123456789é"]).bytes(
    Buffer.concat([Buffer.from([0xff, 0]), Buffer.from("sk-0123456789é"), Buffer.from([0xfe])]),
  );
  expect(clean.count).toBe(1);
  expect(Buffer.from(clean.value)).toEqual(Buffer.concat([Buffer.from([0xff, 0]), Buffer.from("[redacted]"), Buffer.from([0xfe])]));
});

test("a secret of digits is taken out where it comes as a number", () => {
  expect(createRedactor(["1234567890"]).json({ input: { code: 1234567890, other: 12 } }, NO_IDS).value).toBe(
    '{"input":{"code":"[redacted]","other":12}}',
  );
});

test("no file of a run holds a secret, and events count what was taken out", async () => {
  await using temporary = await temporaryFolder();
  const key = 'key-"A\\B"-é-123';
  {
    await using folder = await createRunFolder({ out: temporary.path, record: { ...recordOf(), command: ["assay", key] }, secrets: [key] });
    for (const kind of ["stream", "block"] as const) {
      const recorder = folder.openTrial({ trialId: kind, attempt: 1, kind });
      recorder.event("message.add", { index: 0, message: { role: "user", content: `use ${key} `.repeat(20) } });
      const request = recorder.requestBody(
        JSON.stringify({ model: "m", messages: [{ role: "user", content: `use ${key} `.repeat(20) }], user: key }),
      );
      recorder.event("model.failed", {
        call: 1,
        request,
        error: { code: "model/unauthorized", message: key },
        raw: null,
        latencyMs: 1,
        waitedMs: 0,
        retries: [],
      });
      const blob = recorder.content(Buffer.from(`${"x".repeat(100_000)}${key}`));
      recorder.event("sandbox.exec", {
        phase: "tool",
        command: `echo ${key}`,
        stdout: blob,
        stderr: recorder.content(key),
        exitCode: 0,
        timedOut: false,
        truncated: false,
        droppedBytes: 0,
        durationMs: 1,
      });
      recorder.event("trial.end", { status: "completed", durationMs: 1, workingMs: 1, turns: 1, toolCalls: 0 });
      await folder.commit(rowOf(kind, await recorder.close(), { output: key }));
      expect(Buffer.from(await readContent(folder.path, blob)).toString()).toMatch(/x\[redacted\]$/);
    }
  }
  for (const entry of await readdir(temporary.path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), "utf8");
    expect(text).not.toContain("-123");
    if (!entry.name.endsWith(".jsonl") || entry.name === "predictions.jsonl") continue;
    const events = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map((event) => [event["type"], event["redactions"]])).toEqual([
      ["message.add", 20],
      ["pool.add", undefined],
      ["frame.add", undefined],
      ["model.failed", 22],
      ["sandbox.exec", 3],
      ["trial.end", undefined],
    ]);
    expect(events.at(-1)).toMatchObject({ totalRedactions: 45 });
  }
});
