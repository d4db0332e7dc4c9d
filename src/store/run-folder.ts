/** The folder of a run as its one writer holds it: trials are recorded, predictions committed, the record kept up to date. */
import { join } from "node:path";
import { attemptKey, fileNameOf } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import type { Prediction, RunRecord } from "../core/record.ts";
import type { Snapshot, StoredSnapshot } from "../core/sandbox-snapshot.ts";
import { AppendFile } from "./append-file.ts";
import { replaceFile } from "./atomic-file.ts";
import { BlobWriter } from "./blobs.ts";
import type { DiskFailure } from "./disk-failure.ts";
import { openJudgeReplies, type JudgeReplies } from "./judge-replies.ts";
import type { Redactor } from "./redaction.ts";
import type { RunLock } from "./run-lock.ts";
import { storeSnapshot } from "./snapshots.ts";
import { OpenedTrialRecorder, type TraceSink, type TrialRecorder } from "./trial-recorder.ts";
import { SHARED_WINDOW_MS, streamName, streamSink, type Segments } from "./trace-sinks.ts";

/** What is written is synced to the disk at most this much later. */
const SYNC_MS = 1_000;

interface OpenTrialOptions {
  trialId: string;
  attempt: number;
  /** `stream`: a file of its own, each event written as it happens. `block`: kept in memory and written with other trials when it ends. */
  kind: "stream" | "block";
}

export interface RunFolder extends AsyncDisposable {
  readonly path: string;
  readonly record: RunRecord;
  /** Aborted, with the AssayError as its reason, when the folder can no longer be written: the run has to end. */
  readonly failed: AbortSignal;
  /** The number, from 1, that the next attempt at this trial has: one more than any attempt with a trace file or a row. */
  nextAttempt(trialId: string): number;
  /** Throws `run/disk` where the folder can no longer be written. */
  openTrial(options: OpenTrialOptions): TrialRecorder;
  /** The commit point of a trial: resolves when the row is written, after the trial's trace. Rejects with `run/disk`. */
  commit(prediction: Prediction): Promise<void>;
  updateRecord(patch: Partial<RunRecord>): Promise<void>;
  writeMetrics(metrics: Json): Promise<void>;
  /** Keeps a sandbox's files: an archive as a blob, read as a stream. Rejects with what the snapshot or the disk says; the run goes on. */
  keepSnapshot(snapshot: Snapshot): Promise<StoredSnapshot>;
  /** What judges replied in this run and in its scoring passes; the caller closes it before the folder. */
  openJudgeReplies(): Promise<JudgeReplies>;
}

const ROW_ID_KEYS = new Set(["trialId", "task", "instanceId", "instanceHash", "status", "trace"]);
const RECORD_ID_KEYS = new Set(["format", "runId", "status", "createdAt", "endedAt", "tasks", "hashes", "counts"]);
const NO_KEYS: ReadonlySet<string> = new Set();

export class OpenedRunFolder implements RunFolder {
  readonly path: string;
  readonly #lock: RunLock;
  readonly #failure: DiskFailure;
  readonly #segments: Segments;
  readonly #redactor: Redactor;
  readonly #blobs: BlobWriter;
  readonly #predictions: AppendFile;
  readonly #attempts: Map<string, number>;
  readonly #closing = new Set<AppendFile>();
  #record: RunRecord;
  #replacing: Promise<void> = Promise.resolve();
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();

  constructor(parts: {
    path: string;
    record: RunRecord;
    lock: RunLock;
    failure: DiskFailure;
    segments: Segments;
    redactor: Redactor;
    attempts: Map<string, number>;
  }) {
    this.path = parts.path;
    this.#record = parts.record;
    this.#lock = parts.lock;
    this.#failure = parts.failure;
    this.#segments = parts.segments;
    this.#redactor = parts.redactor;
    this.#attempts = parts.attempts;
    this.#blobs = new BlobWriter(parts.path, parts.failure);
    const name = "predictions.jsonl";
    this.#predictions = new AppendFile({
      path: join(parts.path, name),
      name,
      failure: parts.failure,
      existing: "any",
      windowMs: SHARED_WINDOW_MS,
      before: () => this.#segments.written(),
    });
  }

  get record(): RunRecord {
    return this.#record;
  }

  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  nextAttempt(trialId: string): number {
    return (this.#attempts.get(fileNameOf(trialId)) ?? 0) + 1;
  }

  openTrial({ trialId, attempt, kind }: OpenTrialOptions): TrialRecorder {
    if (this.#failure.error !== undefined) throw this.#failure.error;
    const parts = { blobs: this.#blobs, redactor: this.#redactor };
    if (kind === "block")
      return new OpenedTrialRecorder({ ...parts, sink: this.#segments.sink(), trial: attemptKey({ trialId, attempt }) });
    this.#noteAttempt(trialId, attempt);
    return new OpenedTrialRecorder({ ...parts, sink: this.#stream(trialId, attempt) });
  }

  openJudgeReplies(): Promise<JudgeReplies> {
    return openJudgeReplies(this.path, { writer: "run", redactor: this.#redactor, failure: this.#failure });
  }

  async commit(prediction: Prediction): Promise<void> {
    if (this.#failure.error !== undefined) throw this.#failure.error;
    const { value: row } = this.#redactor.json(prediction, ROW_ID_KEYS);
    this.#predictions.append(`${row}\n`);
    this.#syncSoon();
    await this.#predictions.written();
    if (prediction.status === "error" || prediction.status === "cancelled") this.#noteAttempt(prediction.trialId, prediction.attempt);
  }

  async updateRecord(patch: Partial<RunRecord>): Promise<void> {
    this.#record = { ...this.#record, ...patch };
    await this.#replace("run.json", () => this.#redactor.json(this.#record, RECORD_ID_KEYS).value);
  }

  async writeMetrics(metrics: Json): Promise<void> {
    await this.#replace("metrics.json", () => this.#redactor.json({ metrics }, NO_KEYS).value.slice('{"metrics":'.length, -1));
  }

  keepSnapshot(snapshot: Snapshot): Promise<StoredSnapshot> {
    return storeSnapshot(this.path, snapshot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#syncTimer);
    await this.#replacing;
    await this.#sync();
    // a failure is told already, by `failed` and by each commit: nothing more can be kept.
    const closed = await Promise.allSettled([this.#segments.close(), this.#predictions.close()]);
    for (const result of closed) if (result.status === "rejected") this.#failure.report("predictions.jsonl", result.reason);
    await this.#lock.release();
  }

  #stream(trialId: string, attempt: number): TraceSink {
    return streamSink(this.path, streamName(fileNameOf(trialId), attempt), this.#failure, (file) => {
      this.#closing.add(file);
      this.#syncSoon();
    });
  }

  #noteAttempt(trialId: string, attempt: number): void {
    if (attempt >= this.nextAttempt(trialId)) this.#attempts.set(fileNameOf(trialId), attempt);
  }

  /** One after the other: the last one called is the one that stays. */
  async #replace(name: string, text: () => string): Promise<void> {
    const pretty = () => `${JSON.stringify(JSON.parse(text()), null, 2)}\n`;
    const replaced = this.#replacing.then(() => replaceFile(join(this.path, name), pretty()));
    this.#replacing = replaced.catch(() => undefined);
    try {
      await replaced;
    } catch (cause) {
      throw this.#failure.report(name, cause);
    }
  }

  #syncSoon(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      void this.#sync();
    }, SYNC_MS).unref();
  }

  #sync(): Promise<void> {
    this.#syncing = this.#syncing
      .then(() => this.#syncAll())
      .catch((cause: unknown) => void this.#failure.report("predictions.jsonl", cause));
    return this.#syncing;
  }

  /** Traces first: a row that survives a power failure finds its trace. */
  async #syncAll(): Promise<void> {
    const closing = [...this.#closing];
    this.#closing.clear();
    await Promise.all(closing.map((file) => file.closeIndexed()));
    await this.#segments.sync();
    await this.#predictions.sync();
  }
}
