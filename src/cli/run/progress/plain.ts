/** Progress where there is no terminal: a line a finished trial; in very large runs, a line that sums up. */
import type { Prediction } from "../../../core/record.ts";
import type { RunStatus } from "../../../run/status.ts";
import type { Progress } from "./progress.ts";
import { errorText } from "../../terminal/error-text.ts";
import { renderLine } from "../../terminal/line.ts";
import { clockText, countOf, countText, durationText, scoreText, valueText } from "../../terminal/quantities.ts";
import { createTracker, type RunProgress, type Tracker } from "./tracker.ts";

/** With more trials than this, lines sum up instead. */
const MAX_TRIAL_LINES = 2000;
const SUMMARY_MS = 1000;
/** In a long run the lines come further apart: one each 2 % of its time so far. */
const SUMMARY_SHARE = 0.02;

export function plainProgress(stream: NodeJS.WriteStream): Progress {
  const write = (text: string) => void stream.write(`${renderLine([text], stream)}\n`);
  let tracker: Tracker | undefined;
  let done = 0;
  let isSummed = false;
  let nextSummaryAt = 0;
  const sumUp = ({ isFinal }: { isFinal: boolean }) => {
    const progress = tracker?.look({ isFinal });
    if (!progress) return;
    write(summaryLine(progress));
    nextSummaryAt = performance.now() + Math.max(SUMMARY_MS, progress.elapsedMs * SUMMARY_SHARE);
  };
  return {
    start(status) {
      const { counts } = status.results;
      write(
        `${status.runId}: ${countOf(counts.planned, "trial")}, ${status.model.spec.text}, harness ${status.tasks[0]?.execution.harness.name ?? "none"}${counts.resumed > 0 ? `, ${countText(counts.resumed)} finished before` : ""}`,
      );
      isSummed = counts.planned > MAX_TRIAL_LINES;
      if (isSummed) tracker = createTracker(status);
      done = counts.resumed;
      nextSummaryAt = performance.now() + SUMMARY_MS;
    },
    trial(row, status) {
      done += 1;
      if (!isSummed) write(trialLine(row, status, done));
      else if (performance.now() >= nextSummaryAt) sumUp({ isFinal: false });
    },
    line: write,
    [Symbol.dispose]: () => {
      if (isSummed) sumUp({ isFinal: true });
    },
  };
}

/** `[ 12/164] HumanEval/11  completed  tests 1  3.2 s  4 turns` */
function trialLine(row: Prediction, status: RunStatus, done: number): string {
  const planned = countText(status.results.counts.planned);
  const task = status.tasks.length > 1 ? `${row.task} ` : "";
  const hasEpochs = status.tasks.some(({ epochs }) => epochs > 1);
  return [
    `[${countText(done).padStart(planned.length)}/${planned}] ${task}${row.instanceId}${hasEpochs ? ` #${row.epoch}` : ""}`,
    row.limit === undefined ? row.status : `limit ${row.limit}`,
    row.error ? `${row.error.code}: ${errorText(row.error.message, row.error.hint)}` : scoreOf(row, status),
    durationText(row.durationMs),
    countOf(row.turns, "turn"),
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function scoreOf(row: Prediction, { tasks }: RunStatus): string {
  const task = tasks.find((planned) => planned.task.spec === row.task)?.task;
  const wanted = task?.metrics.find((metric) => metric.name === task.primaryMetric)?.score;
  const score = row.scores.find((candidate) => candidate.name === wanted);
  if (!score) return "";
  return score.value === null ? `${score.name} unscored (${score.reason ?? "no reason given"})` : `${score.name} ${scoreText(score.value)}`;
}

function summaryLine(progress: RunProgress): string {
  const current = progress.tasks.findLast((task) => task.done > 0) ?? progress.tasks[0];
  const metric = current?.metric;
  return [
    `[${countText(progress.done)}/${countText(progress.planned)}]`,
    current && metric?.value != null
      ? `${current.spec} ${current.primaryMetric} ${valueText(metric.value)} [${valueText(metric.low)}, ${valueText(metric.high)}] n=${countText(metric.n)}`
      : "",
    countOf(progress.errors, "error"),
    `${progress.trialsPerSecond.toFixed(1)} trials/s`,
    progress.done < progress.planned && progress.remainingMs !== null
      ? `about ${clockText(progress.remainingMs)} left`
      : `in ${durationText(progress.elapsedMs)}`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}
