/** Runs a user's own task with the real program and keeps the run folder to look into. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runResultSchema, type Prediction, type RunResult } from "../../src/core/record.ts";
import type { TraceEvent } from "../../src/core/trace.ts";
import { readTrace } from "../../src/store/read-trace.ts";
import { finalPredictions } from "../../src/store/run-record.ts";

export interface StoredRun extends AsyncDisposable {
  path: string;
  code: number | null;
  stderr: string;
  result: RunResult;
  rows: Prediction[];
  /** Events of the run's only trial, or of the row given. */
  events(row?: Prediction): AsyncIterable<TraceEvent>;
}

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const outputSchema = z.object({ runs: z.tuple([runResultSchema]) });

/** `task` is the text of the task's file; `args` are further words of `assay run`. Fails where no run was made. */
export async function storedRun(task: string, args: readonly string[], environment: Record<string, string> = {}): Promise<StoredRun> {
  const folder = await mkdtemp(join(tmpdir(), "assay-run-"));
  await writeFile(join(folder, "task.ts"), task);
  const { code, stdout, stderr } = await assay(folder, ["run", "-t", "./task.ts", "--json", ...args], environment);
  const parsed = outputSchema.safeParse(stdout === "" ? undefined : JSON.parse(stdout));
  if (!parsed.success) throw new Error(`no run was made: ${stderr}`);
  const [result] = parsed.data.runs;
  const path = join(folder, result.path);
  const rows = await Array.fromAsync(finalPredictions(path));
  const noTrace = async function* (): AsyncGenerator<TraceEvent> {};
  return {
    path,
    code,
    stderr,
    result,
    rows,
    events: (row = rows[0]) => (row ? readTrace(path, row) : noTrace()),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function assay(
  cwd: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => void (output[name] += text));
    child.on("error", reject).on("close", (code) => resolve({ ...output, code }));
  });
}

/** A task of one instance whose answer is checked; `extra` are further lines of its instance. */
export function oneTrialTask(extra = "", expected = "42"): string {
  return `
import { accuracy, defineTask, exactMatch, z } from "assay";
export default defineTask({
  name: "one",
  description: "One trial.",
  source: () => [{}],
  row: z.object({}),
  toInstance: () => ({ id: "only", data: { expected: ${JSON.stringify(expected)} }, ${extra} }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "What is the answer?" }] }),
  scorers: [exactMatch({ expected: ({ data }) => data.expected })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
  sandbox: {},
});
`;
}
