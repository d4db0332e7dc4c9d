/** Which trials of a run a condition in SQL holds for: `--where "score = 0 AND turns > 10"`. */
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import { createTrialsTable, TRIAL_COLUMNS } from "./trials-table.ts";

/** Beyond it the table goes to a temporary folder. */
const MEMORY_MIB = 256;

/**
 * The ids of the trials for which `condition` is true, by the last row of each; where it is NULL it is not.
 * It is one expression over the columns of {@link TRIAL_COLUMNS}, and reaches nothing else: no file, no network, no setting.
 * Throws `usage/bad-option` in one line where it is none, `run/format` where the run is damaged, or the signal's reason.
 */
export async function selectTrials(path: string, condition: string, signal?: AbortSignal): Promise<Set<string>> {
  // Loaded here: it takes a while, and few commands need it.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  await using temporary = await mkdtempDisposable(join(tmpdir(), "assay-query-"));
  using scope = new DisposableStack();
  const database = scope.adopt(await DuckDBInstance.create(":memory:"), (instance) => instance.closeSync());
  const connection = scope.adopt(await database.connect(), (opened) => opened.closeSync());
  await close(connection, temporary.path);
  await refuseOther(connection, condition);
  const trialIds = await createTrialsTable(connection, path);
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    signal?.throwIfAborted();
    const rows = await rowsWhere(connection, condition);
    return new Set(trialIds.filter((_id, index) => rows.has(index)));
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AssayError ? error : refusal(condition, reasonOf(error));
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}

/** Files, extensions and settings are out of reach before anything of the user's is looked at. */
async function close(connection: DuckDBConnection, temporary: string): Promise<void> {
  const settings = {
    memory_limit: `'${MEMORY_MIB}MiB'`,
    temp_directory: `'${temporary.replaceAll("'", "''")}'`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    enable_external_access: "false",
    lock_configuration: "true",
  };
  for (const [name, value] of Object.entries(settings)) await connection.run(`SET ${name} = ${value}`);
}

const none = z.array(z.unknown()).length(0);

/** How DuckDB writes down `SELECT <expression>` and nothing more. */
const oneExpression = z.object({
  statements: z.tuple([
    z.object({
      node: z.object({
        type: z.literal("SELECT_NODE"),
        modifiers: none,
        cte_map: z.object({ map: none }),
        select_list: z.tuple([z.object({ class: z.string().refine((kind) => kind !== "STAR"), alias: z.literal("") })]),
        from_table: z.object({ type: z.literal("EMPTY") }),
        where_clause: z.null(),
        group_expressions: none,
        having: z.null(),
        sample: z.null(),
        qualify: z.null(),
      }),
    }),
  ]),
});

const syntaxError = z.object({ error_type: z.literal("parser"), error_message: z.string() });

/** Looks at how the text is read, without running it. */
async function refuseOther(connection: DuckDBConnection, condition: string): Promise<void> {
  const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [`SELECT ${condition}\n`]);
  const written: unknown = JSON.parse(String(reader.getRows()[0]?.[0]));
  const failed = syntaxError.safeParse(written).data;
  if (failed) throw refusal(condition, failed.error_message);
  if (!oneExpression.safeParse(written).success) throw refusal(condition, "it is not one condition alone");
}

async function rowsWhere(connection: DuckDBConnection, condition: string): Promise<Set<number>> {
  // The line break ends a comment that the condition may end in.
  const result = await connection.stream(`SELECT rowid, (${condition}\n) FROM trials`);
  const type = result.columnType(1).toString();
  if (type !== "BOOLEAN") throw refusal(condition, `it is neither true nor false but of type ${type}`);
  const chosen = new Set<number>();
  for await (const rows of result.yieldRows()) for (const [rowid, holds] of rows) if (holds === true) chosen.add(Number(rowid));
  return chosen;
}

/** DuckDB's first line, without the kind of error before it. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z]\w*(?: \w+)? Error: /, "");
}

function refusal(condition: string, reason: string): AssayError {
  const said = (reason.split("\n")[0] ?? "").trim().replace(/[.!]$/, "");
  const columns = Object.entries(TRIAL_COLUMNS).map(([name, { type }]) =>
    name === "limit" ? '"limit"' : type.startsWith("MAP") ? `${name}['NAME']` : name,
  );
  return new AssayError("usage/bad-option", `--where ${JSON.stringify(condition)}: ${said}.`, {
    hint: `Write one condition over the columns ${columns.join(", ")}.`,
  });
}
