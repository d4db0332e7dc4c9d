/** One picture of a running run, as lines that fit the terminal. */
import type { RunStatus, Worker } from "../../../run/status.ts";
import { styled, type Line, type Piece } from "../../terminal/line.ts";
import { clockText, countOf, countText, tokensText, usdText, valueText } from "../../terminal/quantities.ts";
import { columnsOf, cutToColumns, padEndColumns, padStartColumns } from "../../terminal/width.ts";
import type { RunProgress, TaskProgress } from "./tracker.ts";

export interface FrameSize {
  columns: number;
  rows: number;
}

const MAX_WORKERS = 8;
/** Header, totals, and a row for the cursor. */
const OTHER_ROWS = 3;
const MAX_NAME_COLUMNS = 32;

/** The display while the run goes on. */
export function renderFrame(status: RunStatus, progress: RunProgress, size: FrameSize): Line[] {
  const rows = Math.max(2, size.rows - OTHER_ROWS);
  const taskRows = Math.min(progress.tasks.length, Math.max(1, rows - Math.min(MAX_WORKERS, status.workers.size + 1)));
  return [
    header(status, progress),
    ...taskLines(progress.tasks, taskRows, size),
    totals(status, progress),
    ...workerLines(status, rows - taskRows, size),
  ];
}

/** What stays on the terminal when the run has ended. */
export function renderEnd(status: RunStatus, progress: RunProgress, size: FrameSize): Line[] {
  return [header(status, progress), ...taskLines(progress.tasks, progress.tasks.length, size)];
}

function header(status: RunStatus, progress: RunProgress): Line {
  const harness = status.tasks[0]?.execution.harness.name ?? "";
  return [styled(status.runId, "bold"), styled(`  ${status.model.spec.text} · ${harness} · ${clockText(progress.elapsedMs)}`, "dim")];
}

function taskLines(tasks: readonly TaskProgress[], rows: number, { columns }: FrameSize): Line[] {
  const nameColumns = Math.min(MAX_NAME_COLUMNS, Math.floor(columns / 3), Math.max(...tasks.map((task) => columnsOf(task.spec))));
  const countColumns = Math.max(...tasks.map((task) => countsOf(task).length));
  const isCut = tasks.length > rows;
  const shown = isCut ? mostTelling(tasks, Math.max(1, rows - 1)) : tasks;
  const lines = shown.map((task) =>
    taskLine(task, { nameColumns, countColumns, barColumns: columns >= 100 ? 24 : columns >= 70 ? 12 : 0 }),
  );
  if (!isCut || rows < 2) return lines;
  const hidden = tasks.filter((task) => !shown.includes(task));
  return [
    ...lines,
    [styled(`… and ${countOf(hidden.length, "task")} more, ${countText(hidden.filter(isDone).length)} of them done`, "dim")],
  ];
}

const isDone = (task: TaskProgress) => task.done >= task.planned;

/** Tasks being worked on first, then those to come, then the finished ones; in their own order. */
function mostTelling(tasks: readonly TaskProgress[], count: number): readonly TaskProgress[] {
  const rank = (task: TaskProgress) => (isDone(task) ? 2 : task.done > 0 ? 0 : 1);
  const chosen = new Set(tasks.toSorted((a, b) => rank(a) - rank(b)).slice(0, count));
  return tasks.filter((task) => chosen.has(task));
}

const countsOf = (task: TaskProgress) => `${countText(task.done)}/${countText(task.planned)}`;

function taskLine(
  task: TaskProgress,
  { nameColumns, countColumns, barColumns }: { nameColumns: number; countColumns: number; barColumns: number },
): Line {
  return [
    padEndColumns(cutToColumns(task.spec, nameColumns), nameColumns),
    "  ",
    ...(barColumns > 0 ? [...bar(task, barColumns), "  "] : []),
    countsOf(task).padStart(countColumns),
    "  ",
    ...metricPieces(task),
    ...(task.errors > 0 ? ["  ", styled(countOf(task.errors, "error"), "red")] : []),
    ...(task.limits > 0 ? ["  ", styled(`${countOf(task.limits, "limit")} met`, "yellow")] : []),
  ];
}

function bar(task: TaskProgress, columns: number): Piece[] {
  const filled = task.planned === 0 ? columns : Math.floor((columns * task.done) / task.planned);
  return [styled("━".repeat(filled), isDone(task) ? "green" : "cyan"), styled("─".repeat(columns - filled), "dim")].filter(
    (piece) => typeof piece === "string" || piece.text !== "",
  );
}

function metricPieces({ metric, primaryMetric }: TaskProgress): Piece[] {
  if (!metric || metric.value === null) return [styled(`${primaryMetric} –`, "dim")];
  const interval = metric.low === null ? "" : ` [${valueText(metric.low)}, ${valueText(metric.high)}]`;
  return [`${primaryMetric} `, styled(valueText(metric.value), "bold"), styled(`${interval} n=${countText(metric.n)}`, "dim")];
}

function totals(status: RunStatus, progress: RunProgress): Line {
  const { usage } = status.results;
  const { concurrency, capabilities } = status.model;
  const calls = capabilities.isLocal
    ? []
    : [
        `model calls ${concurrency.active} of ${concurrency.limit} at once${concurrency.waiting > 0 ? `, ${countText(concurrency.waiting)} waiting` : ""}`,
      ];
  const parts = [
    progress.remainingMs === null ? "time left unknown" : `about ${clockText(progress.remainingMs)} left`,
    `cost ${usdText(usage.costUsd)}`,
    `tokens ${tokensText(usage.inputTokens)} in, ${tokensText(usage.outputTokens)} out`,
    ...calls,
  ];
  return [styled(parts.join(" · "), "dim")];
}

function workerLines(status: RunStatus, rows: number, { columns }: FrameSize): Line[] {
  const now = performance.now();
  const workers = [...status.workers.values()].sort((a, b) => a.startedAt - b.startedAt);
  const room = Math.min(MAX_WORKERS, rows);
  if (room <= 0 || workers.length === 0) return [];
  const shown = workers.length > room ? workers.slice(0, Math.max(1, room - 1)) : workers;
  const idColumns = Math.min(Math.floor(columns / 2), Math.max(...shown.map((worker) => columnsOf(worker.trialId))));
  const lines = shown.map((worker) => workerLine(worker, now, idColumns));
  const hidden = workers.length - shown.length;
  return hidden > 0 && room > 1 ? [...lines, [styled(`${" ".repeat(12)}… and ${countOf(hidden, "more trial")} at work`, "dim")]] : lines;
}

function workerLine(worker: Worker, now: number, idColumns: number): Line {
  return [
    styled(padStartColumns(clockText(now - worker.startedAt), 10), "dim"),
    "  ",
    padEndColumns(cutToColumns(worker.trialId, idColumns), idColumns),
    "  ",
    worker.what,
    styled(`  ${clockText(now - worker.since)}`, "dim"),
  ];
}
