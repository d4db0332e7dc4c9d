/** A change of a file as a trace tells it. */
import { z } from "zod";
import { contentSchema } from "./content.ts";

const nth = z.number().int();

/** What happened to one path between two captures. */
export const fileChangeSchema = z.object({
  path: z.string(),
  change: z
    .enum(["created", "changed", "written", "deleted", "renamed"])
    .describe("changed: content, mode, owner or times; written: created or changed, where what was there before is not known"),
  from: z.string().optional().describe("the path before a rename; what lay below a renamed folder went with it"),
  kind: z.enum(["file", "folder", "link", "other"]),
  mode: nth.optional().describe("permission bits as they are now"),
  sizeBytes: nth.optional().describe("of a file"),
  target: z.string().optional().describe("of a link"),
  sha256: z.string().optional().describe("of the file's content, as it is kept: without secrets"),
  content: contentSchema.optional().describe("the whole content, where no diff says it"),
  diff: z.string().optional().describe("unified diff against the content that was captured last"),
  addedLines: nth.optional(),
  removedLines: nth.optional(),
  omitted: z
    .enum(["too-large", "too-many", "too-late", "unreadable"])
    .optional()
    .describe(
      "why there is no content: beyond the bound on one file, beyond that on all files, not read within the capture's time, or not to be read (gone again, no permission)",
    ),
});
