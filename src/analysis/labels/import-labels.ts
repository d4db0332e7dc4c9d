/** Reads a sheet that people have filled in. */
import { basename } from "node:path";
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import { labelValueSchema, type Label, type LabelSample, type LabelValue } from "../../core/label.ts";
import { readRecords } from "../../data/files.ts";
import { unguarded } from "./sheet.ts";

/** Sheets come back from spreadsheets: numbers may be texts, empty cells may be missing, and other columns may have come. */
const rowSchema = z.object({
  trial: z.string().min(1),
  attempt: z.coerce.number().int().optional(),
  label: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  labeller: z.string().nullish(),
  comment: z.string().nullish(),
});

export interface ReadSheet {
  labels: Label[];
  /** Rows without a label. */
  empty: number;
}

/**
 * The labels of a CSV or JSON Lines file. Throws `data/invalid`, naming the row, for a trial that was not drawn or has run again since: a
 * label from outside the sample would make it no random sample any more.
 */
export async function readSheet(path: string, sample: LabelSample, labeller: string): Promise<ReadSheet> {
  const shown = basename(path);
  const isCsv = /\.csv\b/i.test(shown);
  const attempts = new Map(sample.drawn.map(({ trialId, attempt }) => [trialId, attempt]));
  const labels: Label[] = [];
  let empty = 0;
  const at = new Date().toISOString();
  for await (const { value, place } of readRecords(path, { shown, limit: Infinity })) {
    const row = rowSchema.safeParse(value);
    if (!row.success)
      throw new AssayError("data/invalid", `${shown} ${place}: ${problemOf(row.error)}`, {
        hint: "Keep the sheet's columns: trial and label.",
      });
    const label = labelOf(String(row.data.label ?? ""), `${shown} ${place}`);
    if (label === undefined) {
      empty += 1;
      continue;
    }
    const written = row.data.trial;
    // Some programs drop the apostrophe that guards a cell.
    const trialId = isCsv && attempts.has(unguarded(written)) ? unguarded(written) : written;
    const attempt = attempts.get(trialId);
    if (attempt === undefined || (row.data.attempt ?? attempt) !== attempt) {
      const what =
        attempt === undefined ? "is not in the sample" : `was drawn at attempt ${attempt}, and this is attempt ${row.data.attempt}`;
      throw new AssayError("data/invalid", `${shown} ${place}: trial ${JSON.stringify(trialId)} ${what}. Nothing was imported.`, {
        hint: `Only trials that "assay label sample" drew as ${sample.name} can be labelled there.`,
      });
    }
    const comment = row.data.comment ?? "";
    labels.push({ trialId, attempt, label, labeller: row.data.labeller || labeller, at, ...(comment !== "" && { comment }) });
  }
  return { labels, empty };
}

/** A number, or a word in lower case; undefined for nothing. */
export function labelOf(text: string, where: string): LabelValue | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  const parsed = labelValueSchema.safeParse(Number.isFinite(number) ? number : trimmed.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new AssayError("data/invalid", `${where}: the label has ${trimmed.length} characters; at most 200 can be one.`);
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") ?? ""}: ${(issue?.message ?? "does not match").replace(/^Invalid input: /, "")}.`;
}
