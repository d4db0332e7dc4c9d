/** Small run folders for the store's tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabelSample } from "../../src/core/label.ts";
import type { Prediction, RunRecord, TraceLocation } from "../../src/core/record.ts";
import type { TraceEvent } from "../../src/core/trace.ts";
import type { RunFolder } from "../../src/store/run-folder.ts";
import type { TrialRecorder } from "../../src/store/trial-recorder.ts";

export interface TemporaryFolder extends AsyncDisposable {
  path: string;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "assay-store-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function recordOf(runId = "run"): RunRecord {
  return {
    format: 1,
    runId,
    status: "running",
    createdAt: "2026-01-02T03:04:05.000Z",
    command: ["assay", "run"],
    model: "mock/oracle",
    harness: {},
    sandbox: null,
    tasks: [],
    options: {},
    hashes: { model: "m", harness: "h", tasks: {}, files: {}, plan: "p" },
    versions: {},
    git: null,
    counts: { planned: 1, completed: 0, limit: 0, error: 0, cancelled: 0, resumed: 0 },
    durationMs: 0,
  };
}

export function rowOf(trialId: string, trace: TraceLocation, change: Partial<Prediction> = {}): Prediction {
  return {
    trialId,
    task: "sums",
    instanceId: trialId,
    epoch: 1,
    attempt: 1,
    status: "completed",
    output: "42",
    scores: [],
    instanceHash: "i",
    usage: { inputTokens: 1, outputTokens: 1, costUsd: null },
    turns: 1,
    toolCalls: 0,
    startedAt: "2026-01-02T03:04:05.000Z",
    durationMs: 1,
    workingMs: 1,
    trace,
    ...change,
  };
}

export function startTrial(recorder: TrialRecorder, trialId: string): void {
  recorder.event("trial.start", {
    trialId,
    task: "sums",
    instanceId: "1",
    epoch: 1,
    attempt: 1,
    model: "mock/oracle",
    harness: "baseline",
    startedAt: "2026-01-02T03:04:05.000Z",
  });
}

export function endTrial(recorder: TrialRecorder): void {
  recorder.event("trial.end", { status: "completed", durationMs: 1, workingMs: 1, turns: 1, toolCalls: 0 });
}

/** Records and commits a small trial. */
export async function playTrial(folder: RunFolder, trialId: string, kind: "stream" | "block", text = "hello"): Promise<Prediction> {
  const recorder = folder.openTrial({ trialId, attempt: folder.nextAttempt(trialId), kind });
  startTrial(recorder, trialId);
  recorder.event("log.line", { text });
  endTrial(recorder);
  const row = rowOf(trialId, await recorder.close());
  await folder.commit(row);
  return row;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function typesOf(events: readonly TraceEvent[]): string[] {
  return events.map((event) => event.type);
}

/** Records a model call as the engine does. */
export function recordCall(recorder: TrialRecorder, call: number, body: string, reply: { text: string; toolCalls?: [] }): void {
  recorder.event("model.response", {
    call,
    request: recorder.requestBody(body),
    raw: recorder.content(JSON.stringify({ choices: [{ message: { content: reply.text } }] })),
    text: reply.text,
    toolCalls: [],
    finishReason: "stop",
    usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: null, reasoningTokens: null },
    costUsd: null,
    latencyMs: 1,
    waitedMs: 0,
    retries: [],
  });
}

/** A sample of one trial out of three. */
export const LABEL_SAMPLE: LabelSample = {
  format: 1,
  name: "people",
  runId: "run",
  createdAt: "2026-01-02T03:04:05.000Z",
  seed: "1",
  scorer: null,
  pass: null,
  by: null,
  population: { trials: 3, hash: "hash" },
  strata: [{ stratum: "all", trials: 3, drawn: 1, inclusionProbability: 1 / 3 }],
  drawn: [{ trialId: "t1", attempt: 1, stratum: "all" }],
};
