/** Reads run.json and predictions.jsonl of a run folder. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { jsonOrUndefined } from "../core/json.ts";
import { predictionSchema, RUN_FORMAT, runRecordSchema, type Prediction, type RunRecord } from "../core/record.ts";
import { readLines } from "./lines.ts";

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function damaged(path: string, what: string): AssayError {
  return new AssayError("run/format", `${what} in ${path} is damaged.`, { hint: "Restore the file from a copy, or start the run afresh." });
}

/** Reads run.json. Throws `run/not-found`, or `run/format` where it is damaged or of a newer format. */
export async function readRunRecord(path: string): Promise<RunRecord> {
  let text: string;
  try {
    text = await readFile(join(path, "run.json"), "utf8");
  } catch (cause) {
    if (!isMissing(cause))
      throw new AssayError("run/not-found", `run.json in ${path} cannot be read.`, { hint: "Allow reading it.", cause });
    throw new AssayError("run/not-found", `${path} is not a run folder: it has no run.json.`, {
      hint: "Name a folder that assay run made, for example runs/<run id>.",
    });
  }
  const value = jsonOrUndefined(text);
  const format = z.looseObject({ format: z.number().int() }).safeParse(value).data?.format;
  if (format !== undefined && format > RUN_FORMAT) {
    throw new AssayError("run/format", `${path} is of format ${format}; this version of assay reads up to format ${RUN_FORMAT}.`, {
      hint: "Update assay: npm install assay@latest",
    });
  }
  const record = runRecordSchema.safeParse(value);
  if (!record.success) throw damaged(path, "run.json");
  return record.data;
}

/**
 * Every row in the order written; a torn last line is no row. A trial that ended in error or was cancelled may have a later row.
 * Throws `run/format` with the line's number where a row is damaged.
 */
export async function* readPredictions(path: string): AsyncGenerator<Prediction> {
  for await (const { row } of numberedPredictions(path)) yield row;
}

async function* numberedPredictions(path: string): AsyncGenerator<{ row: Prediction; line: number }> {
  let number = 0;
  try {
    for await (const { text, isTorn } of readLines(join(path, "predictions.jsonl"))) {
      number += 1;
      if (isTorn) return;
      const row = predictionSchema.safeParse(jsonOrUndefined(text));
      if (!row.success) throw damaged(path, `Line ${number} of predictions.jsonl`);
      yield { row: row.data, line: number };
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The rows of attempts that run again: trials that ended in error or were cancelled. Cheap: other rows are not parsed. */
export async function* unfinishedPredictions(path: string): AsyncGenerator<Prediction> {
  try {
    for await (const { text, isTorn } of readLines(join(path, "predictions.jsonl"))) {
      if (isTorn || !/"status":"(?:error|cancelled)"/.test(text)) continue;
      const row = predictionSchema.safeParse(jsonOrUndefined(text)).data;
      if (row?.status === "error" || row?.status === "cancelled") yield row;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The last row of each trial, in the order written; only the ids are kept in memory. */
export async function* finalPredictions(path: string): AsyncGenerator<Prediction> {
  const last = new Map<string, number>();
  for await (const { row, line } of numberedPredictions(path)) last.set(row.trialId, line);
  for await (const { row, line } of numberedPredictions(path)) if (last.get(row.trialId) === line) yield row;
}

interface ListedRun {
  path: string;
  record: RunRecord;
}

/** The readable run folders in `out`, newest first; other folders are passed over. */
export async function listRuns(out: string): Promise<ListedRun[]> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (isMissing(error)) return [];
    throw new AssayError("run/disk", `${out} cannot be read.`, { hint: "Allow reading it, or give another --out.", cause: error });
  }
  const runs: ListedRun[] = [];
  for (const name of names) {
    const path = join(out, name);
    try {
      runs.push({ path, record: await readRunRecord(path) });
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
    }
  }
  return runs.sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1));
}
