/** The results of a command: a table for people, one JSON document with --json. */
import Table from "cli-table3";
import type { RunResult } from "../core/record.ts";

export function printResults(runs: readonly RunResult[], { isJson }: { isJson: boolean }): void {
  if (isJson) return void process.stdout.write(`${JSON.stringify({ schema: "assay/run@1", runs })}\n`);
  for (const run of runs) process.stdout.write(`${renderRun(run)}\n`);
}

const number = (value: number | null) => (value === null ? "–" : value.toFixed(3));

function renderRun(run: RunResult): string {
  const table = new Table({ head: ["task", "metric", "value", "± se", "95 % interval", "questions", "scored"], style: { head: [], border: [] } });
  for (const task of run.tasks) {
    for (const [name, metric] of Object.entries(task.metrics)) {
      table.push([task.spec, name === task.primaryMetric ? `${name} *` : name, number(metric.value), number(metric.stderr), `${number(metric.low)} – ${number(metric.high)}`, String(metric.n), `${task.scored} of ${task.planned}`]);
    }
  }
  return `${run.model} · ${run.harness} · ${run.status}\n${table.toString()}\n${run.path}`;
}
