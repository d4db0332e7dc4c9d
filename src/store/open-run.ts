/** Makes a run folder, or opens one to go on with it: the lock, the repair, and what is in it already. */
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileNameOf } from "../core/ids.ts";
import type { RunRecord } from "../core/record.ts";
import { creationError, diskError, DiskFailure } from "./disk-failure.ts";
import { createRedactor } from "./redaction.ts";
import { repairRunFolder } from "./repair.ts";
import { OpenedRunFolder, type RunFolder } from "./run-folder.ts";
import { acquireLock, runLockFile, type RunLock } from "./run-lock.ts";
import { readRunRecord, unfinishedPredictions } from "./run-record.ts";
import { segmentName, Segments } from "./trace-sinks.ts";

interface OpenParts {
  path: string;
  record: RunRecord;
  secrets: readonly string[];
  lock: RunLock;
  failure: DiskFailure;
}

/** Makes `<out>/<run id>` and takes its lock. Throws `run/disk` where it cannot be made. */
export async function createRunFolder({
  out,
  record,
  secrets,
}: {
  out: string;
  record: RunRecord;
  secrets: readonly string[];
}): Promise<RunFolder> {
  const path = join(out, record.runId);
  const failure = new DiskFailure(path);
  try {
    await mkdir(out, { recursive: true });
    await mkdir(path);
    await mkdir(join(path, "traces"));
    const lock = await acquireLock(runLockFile(path), (error) => failure.report("run.lock", error));
    const folder = await openParts({ path, record, secrets, lock, failure });
    try {
      await folder.updateRecord({});
      return folder;
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  } catch (cause) {
    throw creationError(out, cause);
  }
}

export interface OpenedRun {
  folder: RunFolder;
  /** What was torn and cut, as sentences. */
  repaired: string[];
  /** The dead owner whose lock was taken over. */
  takenOverFrom?: string;
}

/** Opens a run folder to go on with it. Throws `run/not-found`, `run/format`, or `run/locked` while its owner lives. */
export async function openRunFolder(path: string, { secrets }: { secrets: readonly string[] }): Promise<OpenedRun> {
  await readRunRecord(path);
  const failure = new DiskFailure(path);
  try {
    const lock = await acquireLock(runLockFile(path), (error) => failure.report("run.lock", error));
    try {
      const repaired = await repairRunFolder(path);
      // read under the lock: its last owner may have written it since.
      const record = await readRunRecord(path);
      await mkdir(join(path, "traces"), { recursive: true });
      const folder = await openParts({ path, record, secrets, lock, failure });
      return { folder, repaired, ...(lock.takenOverFrom !== undefined && { takenOverFrom: lock.takenOverFrom }) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (cause) {
    throw diskError(path, "run.lock", cause);
  }
}

async function openParts({ path, record, secrets, lock, failure }: OpenParts): Promise<RunFolder> {
  const names = await readdir(join(path, "traces"));
  const number = Math.max(0, ...names.map((name) => Number(/^direct-(\d+)\.jsonl$/.exec(name)?.[1] ?? 0)));
  const segmentBytes = number === 0 ? 0 : (await stat(join(path, segmentName(number)))).size;
  const segments = new Segments({ runPath: path, failure, number: Math.max(1, number), size: segmentBytes });
  return new OpenedRunFolder({
    path,
    record,
    lock,
    failure,
    segments,
    redactor: createRedactor(secrets),
    attempts: await attemptsOf(path, names),
  });
}

/** The highest attempt at each trial that has a trace file of its own or a row that runs again, by the trial's file name. */
async function attemptsOf(path: string, names: readonly string[]): Promise<Map<string, number>> {
  const attempts = new Map<string, number>();
  const note = (fileName: string, attempt: number) => attempts.set(fileName, Math.max(attempt, attempts.get(fileName) ?? 0));
  for (const name of names) {
    const [, fileName, attempt] = /^(.+)\.(\d+)\.jsonl$/.exec(name) ?? [];
    if (fileName !== undefined) note(fileName, Number(attempt));
  }
  for await (const row of unfinishedPredictions(path)) note(fileNameOf(row.trialId), row.attempt);
  return attempts;
}
