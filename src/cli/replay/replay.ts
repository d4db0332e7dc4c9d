/** What `assay replay` does: finds the trial, then shows it the way the terminal allows. */
import { AssayError } from "../../core/errors.ts";
import { fileNameOf } from "../../core/ids.ts";
import type { Prediction, TraceLocation } from "../../core/record.ts";
import { findRun } from "../../run/find-run.ts";
import { nameHint } from "../../core/nearest.ts";
import { readTrace } from "../../store/read-trace.ts";
import { projectTrace } from "../../store/trace-projection.ts";
import { finalPredictions, readRunRecord } from "../../store/run-record.ts";
import type { ReplayFlags } from "./flags.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { escaped } from "../terminal/printable.ts";
import { countOf, durationText, scoreText } from "../terminal/quantities.ts";
import { layTable } from "../terminal/table.ts";
import { pageLines } from "./page.ts";
import { playTrial } from "./player.ts";
import { readSteps } from "./steps.ts";

export async function replay(run: string, trial: string | undefined, flags: ReplayFlags): Promise<void> {
  const runPath = await findRun(run, flags.out);
  await readRunRecord(runPath);
  if (trial === undefined) return listTrials(runPath, flags);
  const row = await findTrial(runPath, trial);
  const location = locationOf(row, flags);
  if (flags.projection) return printProjection(runPath, location, flags);
  if (flags.json) return printJson(runPath, row, location);
  const stored = await readSteps(readTrace(runPath, location));
  const { stdin, stdout } = process;
  if (stdin.isTTY && stdout.isTTY) return playTrial({ runPath, trialId: row.trialId, trial: stored, speed: flags.speed, stdin, stdout });
  write([[styled(row.trialId, "bold")]]);
  for (const step of stored.steps) {
    write([[], [styled(`── ${step.title}`, "bold"), styled(`  at ${durationText(step.startMs)}`, "dim")]]);
    write(await pageLines(runPath, step, { columns: Infinity, rows: Infinity }));
  }
}

function write(lines: readonly Line[]): void {
  const { stdout } = process;
  stdout.write(lines.map((line) => `${renderLine(line, stdout)}\n`).join(""));
}

/** The trial of this id, or the only one whose id has it as a part. Throws `run/not-found` with the nearest. */
async function findTrial(runPath: string, wanted: string): Promise<Prediction> {
  const ids: string[] = [];
  const fitting: Prediction[] = [];
  for await (const row of finalPredictions(runPath)) {
    if (row.trialId === wanted) return row;
    ids.push(row.trialId);
    if (row.trialId.includes(wanted) && fitting.length <= 4) fitting.push(row);
  }
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  throw new AssayError(
    "run/not-found",
    `${fitting.length > 1 ? "More than one" : "No"} finished trial of ${runPath} fits ${JSON.stringify(wanted)}.`,
    {
      hint:
        fitting.length > 1
          ? `It fits ${fitting
              .slice(0, 4)
              .map((row) => row.trialId)
              .join(", ")}${fitting.length > 4 ? " …" : ""}.`
          : nameHint(wanted, ids, `assay replay ${runPath}`),
    },
  );
}

/** The row's own trace, or the file of another attempt: failed attempts stay. */
function locationOf(row: Prediction, { attempt }: ReplayFlags): TraceLocation {
  if (attempt === undefined || attempt === row.attempt) return row.trace;
  return { file: `traces/${fileNameOf(row.trialId)}.${attempt}.jsonl` };
}

async function printProjection(runPath: string, location: TraceLocation, { json }: ReplayFlags): Promise<void> {
  const lines = projectTrace(await Array.fromAsync(readTrace(runPath, location)));
  process.stdout.write(json ? jsonLine({ schema: "assay/projection@1", lines }) : `${lines.map(escaped).join("\n")}\n`);
}

async function printJson(runPath: string, row: Prediction, location: TraceLocation): Promise<void> {
  const events = await Array.fromAsync(readTrace(runPath, location));
  process.stdout.write(jsonLine({ schema: "assay/trial@1", trial: row, events }));
}

async function listTrials(runPath: string, { json }: ReplayFlags): Promise<void> {
  const rows = await Array.fromAsync(finalPredictions(runPath));
  if (json) {
    const trials = rows.map(({ trialId, task, instanceId, epoch, attempt, status, limit, error, scores, turns, durationMs }) => ({
      trialId,
      task,
      instanceId,
      epoch,
      attempt,
      status,
      limit,
      error,
      scores,
      turns,
      durationMs,
    }));
    return void process.stdout.write(jsonLine({ schema: "assay/trials@1", path: runPath, trials }));
  }
  const table = layTable(
    [{ head: "trial" }, { head: "status" }, { head: "scores" }, { head: "turns", align: "right" }, { head: "time", align: "right" }],
    rows.map((row) => [
      row.trialId,
      statusPiece(row),
      row.scores.map((score) => `${score.name} ${score.value === null ? "unscored" : scoreText(score.value)}`).join(", "),
      String(row.turns),
      durationText(row.durationMs),
    ]),
    process.stdout.isTTY ? process.stdout.columns : Infinity,
  );
  write([...table, [styled(`${countOf(rows.length, "trial")}; look at one with: assay replay ${runPath} <trial>`, "dim")]]);
}

function statusPiece({ status, limit, error }: Prediction) {
  if (status === "completed") return status;
  return styled(error ? `${status} ${error.code}` : `${status} ${limit ?? ""}`, error ? "red" : "yellow");
}
