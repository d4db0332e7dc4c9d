import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { z } from "zod";
import type { JudgeReply } from "../../src/core/judge-reply.ts";
import { beginLabels } from "../../src/store/labels.ts";
import { openScorePass } from "../../src/store/score-pass.ts";
import { FILES, traceFormatPage } from "../../scripts/generate-trace-format.ts";
import { eventSchemas, type EventType } from "../../src/core/trace.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import { everyEvent, output } from "./every-event.ts";
import { LABEL_SAMPLE, recordOf, rowOf, temporaryFolder } from "./run-folders.ts";

const PAGE = new URL("../../docs/trace-format.md", import.meta.url);

/** `pool.add` and `frame.add` are the recorder's own. */
const OWN = new Set<EventType>(["pool.add", "frame.add"]);

const JUDGE_REPLY: JudgeReply = {
  key: "a".repeat(64),
  judge: "openai/judge",
  question: "grade",
  order: "given",
  replicate: 1,
  rubricHash: "b".repeat(64),
  promptHash: "c".repeat(64),
  inputHash: "d".repeat(64),
  boundary: "0123456789abcdef",
  trialId: "bytes",
  attempt: 1,
  at: "2026-01-01T00:00:00.000Z",
  text: "VERDICT: correct",
  finishReason: "stop",
  usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: null, reasoningTokens: null },
  costUsd: null,
  latencyMs: 1,
  waitedMs: 0,
  retries: [],
  raw: "{}",
};

async function recordEverything(out: string): Promise<string> {
  await using folder = await createRunFolder({ out, record: recordOf(), secrets: [] });
  for (const kind of ["block", "stream"] as const) {
    const recorder = folder.openTrial({ trialId: `a/${kind}/1`, attempt: 1, kind });
    const events = everyEvent(recorder);
    const give = <T extends EventType>(type: T) => recorder.event(type, events[type]());
    for (const type of Object.keys(events) as EventType[]) {
      if (OWN.has(type)) continue;
      give(type);
      if (type === "model.response")
        recorder.event("message.add", { index: 1, message: { role: "assistant", content: "I look.".repeat(20) } });
    }
    await folder.commit(rowOf(`a/${kind}/1`, await recorder.close()));
  }
  const recorder = folder.openTrial({ trialId: "bytes", attempt: 1, kind: "block" });
  recorder.event("answer.given", { text: recorder.content(createHash("shake256", { outputLength: 70_000 }).update("noise").digest()) });
  await folder.commit(rowOf("bytes", await recorder.close()));
  await folder.writeMetrics({ runId: "run" });
  const pass = { format: 1 as const, pass: "verifier-0123", scorer: "verifier", createdAt: "2026-01-01T00:00:00.000Z", hashes: {} };
  await using opened = await openScorePass(folder.path, pass, { secrets: [] });
  await using replies = await opened.openJudgeReplies();
  await replies.add(JUDGE_REPLY);
  await beginLabels(folder.path, LABEL_SAMPLE);
  return folder.path;
}

// what the page says, written down anew.
const placeSchema = z.object({ file: z.string(), offset: z.number().optional(), bytes: z.number().optional() });
const spokenSchema = z.object({ message: z.union([z.object({ content: z.string() }), z.object({ reply: z.number() })]) });
const wireSchema = z.object({ wire: z.union([z.string(), z.array(z.union([z.string(), z.object({ message: z.number() })]))]) });
const requestSchema = z.object({
  request: z.object({ sha256: z.string(), frame: z.number(), entries: z.array(z.tuple([z.number(), z.number()])) }),
});

type Item = Record<string, unknown>;
const jsonLines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Item);

/** The keys that the page's table under `heading` lists. */
function documentedKeys(page: string, heading: string): string[] {
  const section = page.split(`### \`${heading}\`\n`)[1]?.split("\n#")[0] ?? "";
  return [...section.matchAll(/^\| `(\w+)`/gm)].map(([, key = ""]) => key);
}

test("the page is what its generator writes now", () => {
  // where it fails: node scripts/generate-trace-format.ts
  expect(readFileSync(PAGE, "utf8")).toBe(traceFormatPage());
});

test("every file of a run is documented, and every documented file is written", async () => {
  await using temporary = await temporaryFolder();
  const path = await recordEverything(temporary.path);
  const written = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
  const patternOf = (name: string) =>
    new RegExp(`^${name.replaceAll(".", "\\.").replace("{hash}", "[0-9a-f]{64}").replace("{n}", "\\d+").replace("{id}", "[^/]+")}$`);
  const names = Object.keys(FILES).filter((name) => !name.endsWith(".lock"));
  expect(written.filter((file) => !names.some((name) => patternOf(name).test(file)))).toEqual([]);
  expect(names.filter((name) => !written.some((file) => patternOf(name).test(file)))).toEqual([]);
});

test("every event and key that is written is documented, and every documented event and key is in its schema", async () => {
  await using temporary = await temporaryFolder();
  const path = await recordEverything(temporary.path);
  const page = readFileSync(PAGE, "utf8");
  const envelope = new Set(["v", "seq", "t", "type", "trial", "redactions"]);
  const events = readdirSync(join(path, "traces"))
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => jsonLines(readFileSync(join(path, "traces", name), "utf8")));
  const types = Object.keys(eventSchemas) as EventType[];
  expect([...new Set(events.map((event) => event["type"]))].sort()).toEqual([...types].sort());
  for (const event of events)
    expect(documentedKeys(page, String(event["type"]))).toEqual(
      expect.arrayContaining(Object.keys(event).filter((key) => !envelope.has(key))),
    );
  expect([...page.matchAll(/^### `(\w+\.\w+)`$/gm)].map(([, type]) => type)).toEqual(types);
  for (const type of types) expect(documentedKeys(page, type)).toEqual(Object.keys(eventSchemas[type].shape));
});

test("a reader made from the page alone finds rows, traces, blobs and the exact request bodies", async () => {
  await using temporary = await temporaryFolder();
  const path = await recordEverything(temporary.path);
  const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
  for (const row of jsonLines(readFileSync(join(path, "predictions.jsonl"), "utf8")).slice(0, 2)) {
    const place = placeSchema.parse(row["trace"]);
    const whole = readFileSync(join(path, place.file));
    const events = jsonLines(
      (place.offset === undefined ? whole : whole.subarray(place.offset, place.offset + (place.bytes ?? 0))).toString("utf8"),
    );
    const of = <T>(type: string, shape: z.ZodType<T>) =>
      events.filter((event) => event["type"] === type).map((event) => shape.parse(event));
    const replies = of("model.response", z.object({ call: z.number(), text: z.string() }));
    const conversation = of("message.add", spokenSchema).map(({ message }) =>
      "content" in message ? message.content : (replies.find((reply) => reply.call === message.reply)?.text ?? ""),
    );
    const pool = of("pool.add", wireSchema).map(({ wire }) =>
      typeof wire === "string"
        ? wire
        : wire.map((part) => (typeof part === "string" ? part : JSON.stringify(conversation[part.message]).slice(1, -1))).join(""),
    );
    const frames = of("frame.add", z.object({ before: z.string(), after: z.string() }));
    const requests = events.flatMap((event) => requestSchema.safeParse(event).data?.request ?? []);
    expect(requests).toHaveLength(2);
    for (const request of requests) {
      const entries = request.entries.flatMap(([from, to]) => pool.slice(from, to));
      const frame = frames[request.frame];
      expect(hash(`${frame?.before}${entries.join(",")}${frame?.after}`)).toBe(request.sha256);
    }
    const [command] = of("sandbox.exec", z.object({ stdout: z.object({ blob: z.string() }) }));
    expect(zstdDecompressSync(readFileSync(join(path, "blobs", `${command?.stdout.blob}.zst`))).toString("utf8")).toBe(output);
    expect(hash(output)).toBe(command?.stdout.blob);
  }
});
