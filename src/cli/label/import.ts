/** What `assay label import` does: reads the sheet, refuses what was not drawn, appends what is new. */
import { newLabels } from "../../analysis/labels/current-labels.ts";
import { readSheet } from "../../analysis/labels/import-labels.ts";
import { findRun } from "../../run/find-run.ts";
import { openLabels } from "../../store/labels.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { countOf, countText } from "../terminal/quantities.ts";
import { labellerHere } from "./labeller.ts";

export interface ImportFlags {
  name: string;
  labeller?: string;
  out: string;
  json?: boolean;
}

export async function importSheet(run: string, file: string, flags: ImportFlags): Promise<void> {
  const path = await findRun(run, flags.out);
  await using labels = await openLabels(path, flags.name);
  const { labels: given, empty } = await readSheet(file, labels.sample, flags.labeller ?? labellerHere());
  const added = newLabels(given, labels.labels);
  await labels.add(added);
  const counts = { added: added.length, unchanged: given.length - added.length, empty };
  if (flags.json) return void process.stdout.write(jsonLine({ schema: "assay/label-import@1", path, labels: labels.file, ...counts }));
  const unchanged = counts.unchanged > 0 ? `, ${countText(counts.unchanged)} known before` : "";
  process.stdout.write(`${countOf(counts.added, "label")} added${unchanged}, ${countOf(empty, "row")} without one: ${labels.file}\n`);
}
