/** The trials of a run as a table of DuckDB's: a row for the last attempt of each. */
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import type { Prediction } from "../../core/record.ts";
import { finalPredictions } from "../run-record.ts";

type Cell = string | number | null | ReadonlyMap<string, number | null>;

interface Column {
  type: "VARCHAR" | "BIGINT" | "DOUBLE" | "MAP(VARCHAR, DOUBLE)";
  of: (row: Prediction) => Cell;
}

/** By the names that a condition uses. What a row does not know is NULL. */
export const TRIAL_COLUMNS: Readonly<Record<string, Column>> = {
  trialId: { type: "VARCHAR", of: (row) => row.trialId },
  task: { type: "VARCHAR", of: (row) => row.task },
  instanceId: { type: "VARCHAR", of: (row) => row.instanceId },
  epoch: { type: "BIGINT", of: (row) => row.epoch },
  attempt: { type: "BIGINT", of: (row) => row.attempt },
  status: { type: "VARCHAR", of: (row) => row.status },
  limit: { type: "VARCHAR", of: (row) => row.limit ?? null },
  error: { type: "VARCHAR", of: (row) => row.error?.code ?? null },
  output: { type: "VARCHAR", of: (row) => row.output },
  // Of the task's first scorer: rows have their scores in the task's order.
  score: { type: "DOUBLE", of: (row) => row.scores[0]?.value ?? null },
  scores: { type: "MAP(VARCHAR, DOUBLE)", of: (row) => new Map(row.scores.map(({ name, value }) => [name, value])) },
  inputTokens: { type: "DOUBLE", of: (row) => row.usage.inputTokens },
  outputTokens: { type: "DOUBLE", of: (row) => row.usage.outputTokens },
  costUsd: { type: "DOUBLE", of: (row) => row.usage.costUsd },
  turns: { type: "BIGINT", of: (row) => row.turns },
  toolCalls: { type: "BIGINT", of: (row) => row.toolCalls },
  durationMs: { type: "DOUBLE", of: (row) => row.durationMs },
  clusterKey: { type: "VARCHAR", of: (row) => row.clusterKey ?? null },
  host: { type: "VARCHAR", of: (row) => row.host ?? null },
};

/** What waits to be taken over is outside of the memory that DuckDB is allowed, and it would wait for 200,000 rows. */
const FLUSHED_CHARACTERS = 8 * 1024 ** 2;

/**
 * Makes the table `trials` of a run folder, and returns the ids of its rows in order: `rowid` is the place among them.
 * Ids need not come back out of the table, which keeps no text that is not sound Unicode. Throws `run/format` where a row is damaged; a torn last
 * line is no row.
 */
export async function createTrialsTable(connection: DuckDBConnection, path: string): Promise<string[]> {
  const trialIds: string[] = [];
  const columns = Object.entries(TRIAL_COLUMNS);
  await connection.run(`CREATE TABLE trials (${columns.map(([name, { type }]) => `"${name}" ${type}`).join(", ")})`);
  const appendMap = await mapAppender();
  const appender = await connection.createAppender("trials");
  let unflushed = 0;
  for await (const row of finalPredictions(path)) {
    for (const [, { type, of }] of columns) {
      const cell = of(row);
      if (cell === null) appender.appendNull();
      else if (typeof cell === "string") appender.appendVarchar(cell);
      else if (typeof cell !== "number") appendMap(appender, cell);
      else if (type === "BIGINT") appender.appendBigInt(BigInt(cell));
      else appender.appendDouble(cell);
    }
    appender.endRow();
    unflushed += row.output?.length ?? 0;
    if (unflushed > FLUSHED_CHARACTERS) {
      appender.flushSync();
      unflushed = 0;
    }
    trialIds.push(row.trialId);
  }
  appender.closeSync();
  return trialIds;
}

async function mapAppender(): Promise<(appender: DuckDBAppender, map: ReadonlyMap<string, number | null>) => void> {
  const { DOUBLE, MAP, mapValue, VARCHAR } = await import("@duckdb/node-api");
  const type = MAP(VARCHAR, DOUBLE);
  return (appender, map) => appender.appendMap(mapValue([...map].map(([key, value]) => ({ key, value }))), type);
}
