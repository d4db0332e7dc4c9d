/** One item of a task's data set. */
import { z } from "zod";
import { fileContentSchema } from "./file-content.ts";
import { jsonSchema, type Json } from "./json.ts";

/** What `mock/oracle` plays; never part of a request. */
export const referenceSchema = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ commands: z.array(z.string()).min(1), answer: z.string().optional() }),
]);
export type Reference = z.output<typeof referenceSchema>;

export const instanceSchema = z.object({
  id: z.string().min(1),
  /** Whatever the task needs to render and to grade it. */
  data: jsonSchema,
  /** Files put into the work folder before the agent starts, by path relative to it. */
  files: z.record(z.string(), fileContentSchema).optional(),
  /** A shell command run in the sandbox, as its user, after the files are written. */
  setup: z.string().optional(),
  reference: referenceSchema.optional(),
  /** Questions that share it are not independent (same passage, template, repository). */
  clusterKey: z.string().optional(),
});

export type Instance<Data = Json> = Omit<z.output<typeof instanceSchema>, "data"> & { data: Data };
