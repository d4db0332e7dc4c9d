/** Loads a task's rows from a local file or the Hugging Face hub, each parsed by the task's schema. */
import { basename } from "node:path";
import type { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import type { DataSource } from "../core/task.ts";
import { hashOfFile, readRecords } from "./files.ts";
import { fetchFromHub } from "./hub.ts";

export interface LoadOptions<Row> {
  schema: z.ZodType<Row>;
  /** Reads no more than so many rows. */
  limit?: number | undefined;
  /** Folder of downloaded data. Default `$XDG_CACHE_HOME/assay/data` or `~/.cache/assay/data`. */
  cacheDir?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface LoadedData<Row> {
  rows: Row[];
  /** SHA-256 over the files as they were read, whole files whatever the limit. */
  contentHash: string;
  /** Place of each row in the data set, from 0, where that is not its place among the rows. */
  positions?: number[];
  /** The hub's commit; absent for a local file. */
  revision?: string;
}

/** Rows with what identifies them. Throws `data/not-found`, or `data/invalid` naming the file, the line and what is wrong with it. */
export async function loadData<Row>(source: DataSource, options: LoadOptions<Row>): Promise<LoadedData<Row>> {
  if ("file" in source) {
    const rows = await parseFiles([{ path: source.file, shown: basename(source.file) }], options);
    return { rows, contentHash: await hashOfFile(source.file) };
  }
  if ("outputs" in source) {
    const contentHash = await hashOfFile(source.outputs);
    return { ...(await parseQuestions(source.outputs, options)), contentHash };
  }
  const { files, revision } = await fetchFromHub(source, options);
  const rows = await parseFiles(files, options);
  const hashes = await Promise.all(files.map(({ path }) => hashOfFile(path)));
  return { rows, revision, contentHash: hashes.length === 1 && hashes[0] ? hashes[0] : sha256(hashes.join("\n")) };
}

/** The rows alone of {@link loadData}. */
export async function loadRows<Row>(source: DataSource, options: LoadOptions<Row>): Promise<Row[]> {
  return (await loadData(source, options)).rows;
}

async function parseFiles<Row>(
  files: readonly { path: string; shown: string }[],
  { schema, limit = Infinity, signal }: LoadOptions<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const file of files) {
    if (rows.length >= limit) break;
    for await (const { value, place } of readRecords(file.path, { shown: file.shown, limit: limit - rows.length, signal })) {
      rows.push(parseRow(schema, value, `${file.shown} ${place}`));
      if (rows.length >= limit) break;
    }
  }
  return rows;
}

async function parseQuestions<Row>(
  path: string,
  { schema, limit = Infinity }: LoadOptions<Row>,
): Promise<{ rows: Row[]; positions: number[] }> {
  const { questionsOf } = await import("./outputs/questions.ts");
  const [rows, positions]: [Row[], number[]] = [[], []];
  for await (const { value, place, position } of questionsOf(path)) {
    rows.push(parseRow(schema, value, `${basename(path)} ${place}`, NO_QUESTION));
    positions.push(position);
    if (rows.length >= limit) break;
  }
  return { rows, positions };
}

const NO_QUESTION = "Name the task that was answered with -t, or another file: this one does not hold what its task needs.";

function parseRow<Row>(
  schema: z.ZodType<Row>,
  value: unknown,
  where: string,
  hint = "Fix that row, or take another file with -o data=PATH.",
): Row {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join(".") ?? "";
  const problem = (issue?.message ?? "does not match").replace(/^Invalid input: /, "");
  throw new AssayError("data/invalid", `${where}: ${path === "" ? "" : `${path}: `}${problem}`, {
    hint,
  });
}

const OUTPUTS = "outputs://";
const HUB_ADDRESS = /^hf:\/\/(\w[\w.-]*\/\w[\w.-]*)(?:\/([^/:@\s]+))?(?::([^:@\s]+))?(?:@([^@\s]+))?$/;

/**
 * The source that `-o data=…` names: a path, `outputs://PATH` for the questions of a file of answers,
 * or `hf://owner/name[/config][:split][@revision]` with the split `test` where none is given.
 * Throws `usage/bad-override`.
 */
export function parseDataOverride(text: string): DataSource {
  if (text.trim() === "")
    throw new AssayError("usage/bad-override", "data is empty.", { hint: "Use -o data=PATH or -o data=hf://owner/name:split." });
  if (text.startsWith(OUTPUTS)) return { outputs: text.slice(OUTPUTS.length) };
  if (!text.startsWith("hf://")) return { file: text };
  const [, dataset, config, split = "test", revision] = HUB_ADDRESS.exec(text) ?? [];
  if (!dataset)
    throw new AssayError("usage/bad-override", `data=${JSON.stringify(text)} is no data set address.`, {
      hint: "Write hf://owner/name[/config][:split][@revision].",
    });
  return { dataset, split, ...(config === undefined ? {} : { config }), ...(revision === undefined ? {} : { revision }) };
}
