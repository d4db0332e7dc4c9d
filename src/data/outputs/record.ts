/** One answer of another program, whatever its file looked like. */
import type { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";

export interface OutputRecord {
  /** The instance by its id. */
  instanceId: string;
  /** The instance by its place in the data set, from 0, where the program numbers them. */
  position?: number;
  /** Which of the two names the instance in the first place; the other stands in where no planned instance has the first. */
  namedBy: "id" | "position";
  /** From 1; absent where the file numbers none: its answers to one instance then are its epochs, in order. */
  epoch?: number;
  /** Null where the program gave none. */
  output: string | null;
  /** What was asked. */
  question?: string;
  /** The right answer, or several of which any one is right. */
  reference?: string | string[];
  /** What the other program scored, by the names it has for them. */
  scores?: Record<string, Json>;
  /** Why there is no output. */
  error?: string;
  /** Where it stands, for people: "line 7". */
  place: string;
}

/** One JSON value of a file as the answers it holds. */
export type OutputReader = (value: unknown, at: { shown: string; place: string }) => OutputRecord[];

/** Parses by a schema. Throws `data/invalid` that names file, place, field and what is wrong. */
export function parsedAs<T>(schema: z.ZodType<T>, value: unknown, { shown, place }: { shown: string; place: string }, format: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join(".") ?? "";
  const problem = (issue?.message ?? "does not match").replace(/^Invalid input: /, "");
  throw new AssayError("data/invalid", `${shown} ${place}: ${path === "" ? "" : `${path}: `}${problem}`, {
    hint: `The file was taken for ${format}: fix it there, or give another with --outputs.`,
  });
}
