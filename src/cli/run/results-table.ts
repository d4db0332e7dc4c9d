/** The results of a command: tables for people, one JSON document with --json. */
import type { JudgingUsage, RunResult, TaskResult } from "../../core/record.ts";
import type { MetricValue } from "../../core/score.ts";
import type { SuiteResult } from "../../run/suites.ts";
import { printable } from "../terminal/printable.ts";
import { renderLine, styled, type Line, type Piece } from "../terminal/line.ts";
import { bytesText, countOf, countText, durationText, tokensText, usdText, valueText } from "../terminal/quantities.ts";
import { layTable, type Column, type Row } from "../terminal/table.ts";
import { jsonLine } from "../terminal/json-line.ts";

/** A run with a trial of it that is worth a look: one that ended in error or scored nothing. */
export interface RunOutcome {
  result: RunResult;
  example?: { trialId: string; why: string };
}

/** `suites` are those whose tasks are spread over the runs. */
export function printResults(runs: readonly RunOutcome[], suites: readonly SuiteResult[], { isJson }: { isJson: boolean }): void {
  const { stdout } = process;
  if (isJson) {
    const spread = suites.length > 0 ? { suites } : {};
    return void stdout.write(jsonLine({ schema: "assay/run@1", runs: runs.map((run) => run.result), ...spread }));
  }
  const columns = stdout.isTTY ? stdout.columns : Infinity;
  for (const line of resultLines(runs, columns, suites)) stdout.write(`${renderLine(line, stdout)}\n`);
}

/** Everything that is printed, an empty line between the parts. */
function resultLines(runs: readonly RunOutcome[], columns: number, suites: readonly SuiteResult[] = []): Line[] {
  if (runs.length === 0) return [];
  const results = runs.map((run) => run.result);
  const lines: Line[] = [];
  if (isPaired(results)) lines.push(...pairedTable(results, columns), []);
  else for (const result of results) lines.push(title(result), [], ...metricsTable(result, columns), []);
  if (suites.length > 0)
    lines.push([styled("suites over these runs", "bold")], [], ...layTable(SUITE_COLUMNS, suites.map(suiteRow), columns), []);
  for (const run of runs) lines.push(...footer(run, { isOneOfMany: runs.length > 1 }));
  return lines;
}

/** Whether the runs are the same tasks under several harnesses. */
function isPaired(results: readonly RunResult[]): boolean {
  const specs = results.flatMap((result) => result.tasks.map((task) => task.spec));
  return results.length > 1 && new Set(specs).size < specs.length;
}

function title({ model, harness, status }: RunResult): Line {
  return [styled(model, "bold"), ` · ${harness}`, ...(status === "completed" ? [] : [" · ", styled(status, "yellow")])];
}

const RUN_COLUMNS: Column[] = [
  { head: "task" },
  { head: "metric" },
  { head: "value", align: "right" },
  { head: "± stderr", align: "right" },
  { head: "95 % interval" },
  { head: "questions", align: "right" },
  { head: "scored", align: "right" },
];

const SUITE_HEADS: Record<string, string> = { task: "suite", metric: "rule", "95 % interval": "", questions: "tasks", scored: "" };
const SUITE_COLUMNS: Column[] = RUN_COLUMNS.map((column) => ({ ...column, head: SUITE_HEADS[column.head] ?? column.head }));

function suiteRow(suite: SuiteResult): Row {
  const isRanked = suite.aggregation !== "NONE";
  return [
    styled(suite.name, "bold"),
    suite.aggregation,
    isRanked ? styled(valueText(suite.value), "bold") : "",
    isRanked ? valueText(suite.stderr) : "",
    "",
    countOf(suite.tasks.length - suite.missing.length, "task"),
    suite.missing.length > 0 ? styled(`without ${suite.missing.join(", ")}`, "yellow") : "",
  ];
}

/** A line a metric, with its uncertainty; what unscored trials could still make of it where there are any. */
export function metricsTable({ tasks, suites = [] }: Pick<RunResult, "tasks" | "suites">, columns: number): Line[] {
  const rows: Row[] = tasks.flatMap((task) => metricsOf(task).map(([name, metric], index) => metricRow(task, name, metric, index)));
  rows.push(...suites.map(suiteRow));
  const hasBounds = tasks.some((task) => task.unscored > 0);
  const shown = hasBounds ? [...RUN_COLUMNS, { head: "could still be" }] : RUN_COLUMNS;
  return layTable(shown, rows, columns);
}

/** The primary metric first. */
function metricsOf(task: TaskResult): [string, MetricValue][] {
  return Object.entries(task.metrics).sort(([a], [b]) => Number(b === task.primaryMetric) - Number(a === task.primaryMetric));
}

function metricRow(task: TaskResult, name: string, metric: MetricValue, index: number): Row {
  const isFirst = index === 0;
  const scored = `${countText(task.scored)} of ${countText(task.planned)}`;
  return [
    isFirst ? styled(task.spec, "bold") : "",
    isFirst ? name : styled(name, "dim"),
    isFirst ? styled(valueText(metric.value), "bold") : valueText(metric.value),
    valueText(metric.stderr),
    intervalText(metric),
    countText(metric.n),
    isFirst ? (task.unscored > 0 ? styled(scored, "yellow") : scored) : "",
    task.unscored > 0 ? boundsText(metric) : "",
  ];
}

const intervalText = ({ low, high }: MetricValue) => (low === null ? "–" : `${valueText(low)} – ${valueText(high)}`);

/** What the missing scores could still make of the value. */
const boundsText = ({ bounds: { low, high } }: MetricValue) => (low === null ? "unknown" : `${valueText(low)} – ${valueText(high)}`);

function pairedTable(results: readonly RunResult[], columns: number): Line[] {
  const heads = results.map((result) => result.harness);
  const specs = [...new Set(results.flatMap((result) => result.tasks.map((task) => task.spec)))];
  const rows: Row[] = specs.map((spec) => {
    const tasks = results.map((result) => result.tasks.find((task) => task.spec === spec));
    const primary = tasks.find((task) => task !== undefined)?.primaryMetric ?? "";
    const cells: Row = [styled(spec, "bold"), primary];
    return cells.concat(tasks.map((task) => pairedCell(task)));
  });
  const suites = new Map(results.flatMap((result) => result.suites ?? []).map((suite) => [suite.name, suite.aggregation]));
  for (const [name, aggregation] of suites) {
    const values = results.map((result) => result.suites?.find((suite) => suite.name === name));
    rows.push([
      styled(name, "bold"),
      aggregation,
      ...values.map((suite) => (suite?.value == null ? "–" : styled(`${valueText(suite.value)} ± ${valueText(suite.stderr)}`, "bold"))),
    ]);
  }
  const model = results[0]?.model ?? "";
  return [
    [styled(model, "bold"), ` · ${heads.join(" and ")}, value with its 95 % interval and scored of planned`],
    [],
    ...layTable([{ head: "task" }, { head: "metric" }, ...heads.map((head) => ({ head }))], rows, columns),
  ];
}

function pairedCell(task: TaskResult | undefined): Piece {
  const metric = task?.metrics[task.primaryMetric];
  if (!task || !metric) return "–";
  return `${valueText(metric.value)}  [${valueText(metric.low)}, ${valueText(metric.high)}]  ${countText(task.scored)} of ${countText(task.planned)}`;
}

function footer({ result, example }: RunOutcome, { isOneOfMany }: { isOneOfMany: boolean }): Line[] {
  const { counts, usage } = result;
  const notable = [
    ...(counts.error > 0 ? [styled(countOf(counts.error, "error"), "red"), ", "] : ["0 errors, "]),
    ...(counts.limit > 0 ? [styled(`${countOf(counts.limit, "limit")} met`, "yellow"), ", "] : []),
    ...(counts.cancelled > 0 ? [styled(`${countText(counts.cancelled)} cancelled`, "yellow"), ", "] : []),
  ];
  return [
    [
      ...(isOneOfMany ? [`${result.harness}: `] : []),
      `${countText(counts.completed)} of ${countOf(counts.planned, "trial")} completed, `,
      ...notable,
      ...(counts.resumed > 0 ? [`${countText(counts.resumed)} from before, `] : []),
      `cost ${usdText(usage.costUsd)}, tokens ${tokensText(usage.inputTokens)} in and ${tokensText(usage.outputTokens)} out, ${durationText(result.durationMs)}`,
    ],
    [styled("run      ", "dim"), result.path],
    ...(result.judging ? [judgesLine(result.judging)] : []),
    ...(result.snapshots ? [snapshotsLine(result.snapshots)] : []),
    ...(example
      ? [[styled("look at  ", "dim"), `assay replay ${result.path} ${shellWord(example.trialId)}`, styled(`   ${example.why}`, "dim")]]
      : []),
  ];
}

/** What judges used. */
export function judgesLine({ calls, inputTokens, outputTokens, costUsd }: JudgingUsage): Line {
  const tokens = `tokens ${tokensText(inputTokens)} in and ${tokensText(outputTokens)} out`;
  return [styled("judges   ", "dim"), `${countOf(calls, "call")}, cost ${usdText(costUsd)}, ${tokens}`];
}

function snapshotsLine({ kept, atProvider, missing, bytes, storedBytes }: NonNullable<RunResult["snapshots"]>): Line {
  const here = `${countOf(kept - atProvider, "snapshot")}, ${bytesText(bytes)}, stored ${bytesText(storedBytes)}`;
  const there = `${countOf(atProvider, "snapshot")} in the provider's own store, of unknown size`;
  return [
    styled("kept     ", "dim"),
    [...(kept > atProvider || kept === 0 ? [here] : []), ...(atProvider > 0 ? [there] : [])].join("; "),
    ...(missing > 0 ? [styled(`, ${countText(missing)} could not be kept`, "yellow")] : []),
  ];
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  const safe = printable(word);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}
