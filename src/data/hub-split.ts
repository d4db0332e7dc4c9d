/** Which files of a data set repository hold a split, by the hub's naming conventions. */
import { AssayError } from "../core/errors.ts";
import type { DataSource } from "../core/task.ts";

type HubSource = Extract<DataSource, { dataset: string }>;

const READABLE = /\.(parquet|(jsonl|ndjson|json|csv)(\.gz|\.zst)?)$/i;

/**
 * The split's files, in order: `<config>/<split>/0000.parquet` (the converted branch, `partial-` for large splits),
 * `<config>/<split>-00000-of-00001.parquet`, or `<split>.jsonl` and the like in the root or in `data/`.
 * Throws `data/not-found` with the splits that exist.
 */
export function filesOfSplit(paths: readonly string[], source: HubSource): string[] {
  const found = paths.filter((path) => READABLE.test(path)).map(placeOf);
  const config =
    source.config ??
    configOf(
      found.map((file) => file.config),
      source,
    );
  const files = found.filter((file) => file.config === config && file.split === source.split);
  const formats = new Set(files.map((file) => file.format));
  // The same rows may lie there in several formats: Parquet first, since its types are exact.
  const format = formats.has("parquet") ? "parquet" : [...formats].sort()[0];
  const chosen = files
    .filter((file) => file.format === format)
    .map((file) => file.path)
    .sort();
  if (chosen.length > 0) return chosen;
  const known = [...new Set(found.map((file) => (file.config === "" ? file.split : `${file.config}:${file.split}`)))].sort().slice(0, 20);
  throw new AssayError("data/not-found", `Data set ${source.dataset} has no split ${[config, source.split].filter(Boolean).join(":")}.`, {
    hint: known.length === 0 ? "It has no file that can be read; use a local copy with -o data=PATH." : `It has ${known.join(", ")}.`,
  });
}

function placeOf(path: string): { path: string; config: string; split: string; format: string } {
  const folders = path.split("/");
  const file = folders.pop() ?? "";
  const stem = file.replace(READABLE, "");
  const format = READABLE.exec(file)?.[1]?.toLowerCase() ?? "";
  const isNumbered = /^\d+$/.test(stem);
  const split = isNumbered ? (folders.pop() ?? "") : stem.replace(/-\d{5}-of-\d{5}$/, "");
  const config = folders.filter((folder) => folder !== "data").join("/");
  return { path, config, split: split.replace(/^partial-/, ""), format };
}

function configOf(configs: readonly string[], source: HubSource): string {
  const distinct = [...new Set(configs)];
  if (distinct.length === 1 && distinct[0] !== undefined) return distinct[0];
  if (distinct.includes("default")) return "default";
  if (distinct.includes("")) return "";
  throw new AssayError("data/not-found", `Data set ${source.dataset} has several configurations and none was named.`, {
    hint: `Write hf://${source.dataset}/CONFIG:${source.split}, CONFIG one of ${distinct.sort().slice(0, 20).join(", ")}.`,
  });
}
