/** The progress of a run on stderr: a display on a terminal, a line a trial elsewhere. */
import type { Prediction } from "../core/record.ts";
import type { RunStatus } from "../run/status.ts";

export interface Progress extends Disposable {
  start(status: RunStatus): void;
  trial(row: Prediction, status: RunStatus): void;
  line(text: string): void;
}

export function createProgress(_options: { isJson: boolean }): Progress {
  const write = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    start: (status) => write(`${status.runId}: ${status.results.counts.planned} trials`),
    trial: (row, status) => {
      const done = [...status.ended.values()].reduce((sum, task) => sum + task.done, 0);
      write(`${done}/${status.results.counts.planned} ${row.trialId} ${row.status} ${row.scores.map((score) => `${score.name}=${score.value ?? "–"}`).join(" ")}`);
    },
    line: write,
    [Symbol.dispose]: () => {},
  };
}
