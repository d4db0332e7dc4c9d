/** What `assay label sample` does: draws, writes the head of the labels and the sheet. */
import { writeFile } from "node:fs/promises";
import { AssayError, toAssayError } from "../../core/errors.ts";
import type { StrataField } from "../../core/label.ts";
import { labelSample } from "../../analysis/labels/label-sample.ts";
import { sheetRows } from "../../analysis/labels/sheet-rows.ts";
import { csvSheet, jsonLinesSheet } from "../../analysis/labels/sheet.ts";
import { findRun } from "../../run/find-run.ts";
import { storedTrialsOf, type StoredTrials } from "../../run/stored-trials.ts";
import { beginLabels } from "../../store/labels.ts";
import { readRunRecord } from "../../store/run-record.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine } from "../terminal/line.ts";
import { printableLine } from "../terminal/printable.ts";
import { countOf, countText } from "../terminal/quantities.ts";

export interface SampleFlags {
  name: string;
  number: number;
  seed: string;
  by?: StrataField;
  scorer?: string;
  pass?: string;
  file?: string;
  out: string;
  json?: boolean;
}

export async function drawSheet(run: string, flags: SampleFlags): Promise<void> {
  const { name, number: n, seed, by = null, scorer = null, pass = null, file = `${name}.csv` } = flags;
  if (pass !== null && scorer === null)
    throw new AssayError("usage/bad-option", `--pass ${pass} needs a scorer.`, { hint: "Name the pass's: --scorer NAME" });
  const write = writerOf(file);
  const path = await findRun(run, flags.out);
  const { runId } = await readRunRecord(path);
  const sample = await labelSample(path, { name, runId, n, seed, by, scorer, pass });
  const rows = await sheetRows(path, sample.drawn, await trialsIfAny(path));
  const labels = await beginLabels(path, sample);
  await refuseExisting(file, () => writeFile(file, write(rows), { flag: "wx" }));
  const { population, strata, drawn } = labels.sample;
  if (flags.json) {
    process.stdout.write(jsonLine({ schema: "assay/label-sample@1", path, labels: labels.file, sheet: file, ...labels.sample }));
    return;
  }
  const lines = [
    `${countText(drawn.length)} of ${countOf(population.trials, "scored trial")} drawn with seed ${seed}: ${file}`,
    ...(by === null ? [] : strata.map(({ stratum, trials, drawn }) => `  ${by} ${stratum}: ${countText(drawn)} of ${countText(trials)}`)),
    `Fill in the column label, then: assay label import ${path} ${file}${name === "people" ? "" : ` --name ${name}`}`,
  ];
  const { stdout } = process;
  stdout.write(lines.map((line) => `${renderLine([line], stdout)}\n`).join(""));
}

function writerOf(file: string) {
  if (/\.csv$/i.test(file)) return csvSheet;
  if (/\.jsonl$/i.test(file)) return jsonLinesSheet;
  throw new AssayError("usage/bad-option", `--file ${file}: expected a name that ends in .csv or .jsonl.`);
}

/** What the tasks know is a help, not a need: their files may be gone, and then what was asked is read from the trace. */
export async function trialsIfAny(path: string): Promise<StoredTrials | null> {
  try {
    return await storedTrialsOf(path);
  } catch (error) {
    process.stderr.write(
      `${printableLine(`Without references, since the run's tasks cannot be loaded: ${toAssayError(error).message}`)}\n`,
    );
    return null;
  }
}

async function refuseExisting(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new AssayError("usage/bad-option", `--file ${file}: ${isThere ? "it is there already" : "it cannot be written"}.`, {
      hint: isThere ? "It may hold labels: name another, or remove it." : "Name a file in a folder that can be written.",
      cause,
    });
  }
}
