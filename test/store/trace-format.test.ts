import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { z } from "zod";
import { beginLabels } from "../../src/store/labels.ts";
import { openScorePass } from "../../src/store/score-pass.ts";
import { FILES, traceFormatPage } from "../../scripts/generate-trace-format.ts";
import { eventSchemas, type EventFields, type EventType } from "../../src/core/trace.ts";
import { createRunFolder } from "../../src/store/open-run.ts";
import type { TrialRecorder } from "../../src/store/trial-recorder.ts";
import { LABEL_SAMPLE, recordOf, rowOf, temporaryFolder } from "./run-folders.ts";

const PAGE = new URL("../../docs/trace-format.md", import.meta.url);
const usage = { inputTokens: 1, outputTokens: 2, cachedInputTokens: null, reasoningTokens: null };
const prompt = 'Say "hello".\n'.repeat(20);
const output = "é".repeat(100_000);

/** One of each event type, as the engine gives them; the compiler asks for every one. */
function everyEvent(recorder: TrialRecorder): { [T in EventType]: () => EventFields<T> } {
  const body = (turns: number) =>
    JSON.stringify({
      model: "m",
      messages: [
        { role: "user", content: prompt },
        { role: "assistant", content: "I look.".repeat(20) },
      ].slice(0, turns),
      seed: 1,
    });
  const call = {
    finishReason: "stop",
    usage,
    costUsd: 0.1,
    latencyMs: 1,
    waitedMs: 0,
    retries: [{ status: 429, message: "slow down", body: "{}", latencyMs: 1, waitMs: 2 }],
  };
  return {
    "trial.start": () => ({
      trialId: "a/b/1",
      task: "a",
      instanceId: "b",
      epoch: 1,
      attempt: 1,
      model: "m",
      harness: "agent",
      startedAt: "2026-01-02T03:04:05.000Z",
      seed: 1,
    }),
    "sandbox.start": () => ({ backend: "embedded", phase: "ready", id: "s", applied: { user: "agent" }, durationMs: 1 }),
    "sandbox.end": () => ({
      backend: "embedded",
      id: "s",
      startMs: 1,
      commands: 2,
      firstCommandMs: 3,
      commandMs: { p50: 1, max: 3, total: 4 },
      peakMemoryMiB: null,
      cpuMs: 5,
      removeMs: 6,
    }),
    "sandbox.service": () => ({
      name: "db",
      digest: "sha256:1",
      startMs: 1,
      healthyMs: 2,
      exitCode: 137,
      oomKilled: true,
      stdout: "ready\n",
      stderr: "",
      droppedBytes: 0,
    }),
    "sandbox.snapshot": () => ({
      kept: { kind: "archive", sha256: "ab".repeat(32), image: "sha256:cd", files: 3, deleted: 1, bytes: 4096, storedBytes: 200 },
      durationMs: 80,
    }),
    "sandbox.files": () => ({
      phase: "step",
      calls: [1, 2],
      isConcurrent: true,
      folders: ["/workspace"],
      leftOut: ["/proc"],
      unreadable: ["/root"],
      entries: 3,
      isTruncated: true,
      changes: [
        {
          path: "/workspace/a",
          change: "created",
          kind: "file",
          mode: 0o644,
          sizeBytes: 1,
          sha256: "x",
          content: recorder.content("a"),
          addedLines: 1,
          removedLines: 0,
        },
        { path: "/workspace/b", change: "renamed", from: "/workspace/c", kind: "link", target: "a", diff: "", omitted: "too-large" },
      ],
      omittedChanges: 1,
      skipped: "budget",
      failed: { code: "sandbox/gone", message: "gone" },
      durationMs: 1,
    }),
    "message.add": () => ({ index: 0, message: { role: "user", content: prompt } }),
    "pool.add": () => ({ index: 0, wire: '{"role":"user"}' }),
    "frame.add": () => ({ index: 0, before: "{", after: "}" }),
    "model.request": () => ({ call: 1, messages: 1, sampling: { temperature: 0 }, tools: ["bash"] }),
    "model.response": () => ({
      call: 1,
      request: recorder.requestBody(body(1)),
      raw: recorder.content("{}"),
      text: "I look.".repeat(20),
      toolCalls: [],
      ...call,
    }),
    "model.failed": () => ({
      call: 2,
      request: recorder.requestBody(body(2)),
      raw: null,
      error: { code: "model/overloaded", message: "busy" },
      latencyMs: 1,
      waitedMs: 0,
      retries: [],
    }),
    "tool.call": () => ({ call: 1, turn: 1, id: "c1", name: "bash", input: { command: "ls" } }),
    "tool.result": () => ({ call: 1, shown: "file", cutCharacters: 3, whole: "the file", failure: "timeout", durationMs: 1 }),
    "sandbox.exec": () => ({
      phase: "tool",
      call: 1,
      command: ["ls"],
      cwd: "/",
      user: "agent",
      stdin: "",
      stdout: recorder.content(Buffer.from(output)),
      stderr: recorder.content(Buffer.from([255])),
      exitCode: 137,
      signal: "SIGKILL",
      timedOut: true,
      truncated: false,
      droppedBytes: 0,
      oomKilled: false,
      durationMs: 1,
    }),
    "sandbox.network": () => ({
      outcome: "refused",
      via: "proxy",
      host: "example.org",
      port: 25,
      reason: "port",
      bytesUp: 0,
      bytesDown: 0,
      durationMs: 1,
    }),
    "wait.begin": () => ({ for: "model", what: "a slot" }),
    "limit.reached": () => ({ limit: "turns", value: 1, maximum: 1 }),
    "answer.given": () => ({ text: "42" }),
    "score.given": () => ({ score: { name: "exact", value: 1, answer: "42" }, durationMs: 1 }),
    "judge.request": () => ({
      scorer: "grade",
      judge: "openai/judge",
      question: "grade",
      order: "given",
      replicate: 1,
      messages: [{ role: "user", content: "?" }],
    }),
    "judge.response": () => ({
      scorer: "grade",
      verdict: {
        judge: "openai/judge",
        model: "judge-2",
        question: "grade",
        order: "given",
        replicate: 1,
        rubricHash: "a".repeat(64),
        promptHash: "b".repeat(64),
        inputHash: "c".repeat(64),
        response: "d".repeat(64),
        status: "invalid",
        reason: "no verdict",
        parsed: null,
        label: null,
        value: null,
        usage,
        costUsd: 0.1,
        isCached: true,
        elided: { characters: 1, steps: 1 },
        suspectedInjection: ["role token"],
      },
      text: "hm",
      raw: "{}",
      latencyMs: 1,
      waitedMs: 0,
      retries: call.retries,
    }),
    "error.raised": () => ({ code: "sandbox/gone", message: "gone", hint: "again" }),
    "log.line": () => ({ text: "note" }),
    "trial.end": () => ({ status: "limit", limit: "turns", durationMs: 1, workingMs: 1, turns: 1, toolCalls: 1 }),
  };
}

/** `pool.add` and `frame.add` are the recorder's own. */
const OWN = new Set<EventType>(["pool.add", "frame.add"]);

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
  await using _pass = await openScorePass(folder.path, pass, { secrets: [] });
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
