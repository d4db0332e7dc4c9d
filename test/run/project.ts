/** A user's folder in which the real program is run, as often as a story needs. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Prediction, runRecordSchema, runResultSchema, type RunRecord, type RunResult } from "../../src/core/record.ts";
import type { EventType, TraceEvent } from "../../src/core/trace.ts";
import { fieldsOf, readTrace, type StoredFields } from "../../src/store/read-trace.ts";
import { finalPredictions } from "../../src/store/run-record.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
/** Compiled code of the program, kept from one start to the next. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
const outputSchema = z.object({ runs: z.array(runResultSchema) });

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  lastLine: string;
  /** Of `--json`; empty where no run was made. */
  runs: RunResult[];
}

export interface Started {
  child: ChildProcessByStdio<null, Readable, Readable>;
  finished: Promise<Finished>;
}

export interface Project extends AsyncDisposable {
  folder: string;
  start(args: readonly string[], environment?: Record<string, string>): Started;
  assay(args: readonly string[], environment?: Record<string, string>): Promise<Finished>;
}

export async function project(files: Record<string, string>): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "assay-project-"));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const start: Project["start"] = (args, environment = {}) => {
    // Nothing of the caller's environment but what a program needs to run: no keys, no colours.
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: CACHE, ...environment };
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    return { child, finished: outputOf(child) };
  };
  return {
    folder,
    start,
    assay: (args, environment) => start(args, environment).finished,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function outputOf(child: Started["child"]): Promise<Finished> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  await once(child, "close");
  const runs = output.stdout.startsWith("{") ? outputSchema.safeParse(JSON.parse(output.stdout)).data?.runs : undefined;
  return { ...output, code: child.exitCode, lastLine: output.stderr.trim().split("\n").at(-1) ?? "", runs: runs ?? [] };
}

/** The run that a command made, or fails with what it said. */
export function onlyRun({ runs, stderr }: Finished): RunResult {
  const [run] = runs;
  if (!run || runs.length > 1) throw new Error(`expected one run, not ${runs.length}: ${stderr}`);
  return run;
}

/** The trials of a run as they ended, in the order of their ids. */
export async function trialsIn({ folder }: Project, run: { path: string }): Promise<Prediction[]> {
  const rows = await Array.fromAsync(finalPredictions(join(folder, run.path)));
  return rows.toSorted((a, b) => (a.trialId < b.trialId ? -1 : 1));
}

export async function recordOf({ folder }: Project, run: { path: string }): Promise<RunRecord> {
  return runRecordSchema.parse(JSON.parse(await readFile(join(folder, run.path, "run.json"), "utf8")));
}

export function eventsOf({ folder }: Project, run: { path: string }, row: Prediction): Promise<TraceEvent[]> {
  return Array.fromAsync(readTrace(join(folder, run.path), row));
}

/** The events of one type. */
export function ofType<T extends EventType>(events: readonly TraceEvent[], type: T): StoredFields<T>[] {
  return events.flatMap((event) => fieldsOf(event, type) ?? []);
}

/** A task of `count` questions "n1", "n2" …; `instance` are further lines of an instance, where `n` is its number. */
export function countingTask({ count, instance = "", more = "" }: { count: number; instance?: string; more?: string }): string {
  return `
import { accuracy, defineTask, exactMatch, z } from "assay";
export default defineTask({
  name: "counting",
  description: "Numbers.",
  source: () => Array.from({ length: ${count} }, (_, index) => ({ n: index + 1 })),
  row: z.object({ n: z.number() }),
  toInstance: ({ n }) => ({ id: "n" + n, data: { expected: String(n) }, reference: { text: String(n) }, ${instance} }),
  format: ({ id }) => ({ kind: "chat", messages: [{ role: "user", content: "Which number is " + id + "?" }] }),
  scorers: [exactMatch({ expected: ({ data }) => data.expected })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
  sandbox: {},
  ${more}
});
`;
}
