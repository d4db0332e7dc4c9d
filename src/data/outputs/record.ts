/** One answer of another program, whatever its file looked like. */
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";

export interface OutputRecord {
  /** The instance by its id, where the program has ids. */
  instanceId?: string;
  /** The instance by its place in the data set, from 0, where the program numbers them. */
  position?: number;
  /** Which of the two is to be believed. */
  namedBy: "id" | "position";
  /** From 1; absent where the file numbers none: its answers to one instance then are its epochs, in order. */
  epoch?: number;
  /** Null where the program gave none. */
  output: string | null;
  /** What was asked, without what was written around it. */
  question?: string;
  /** All that was sent, where what was asked is not told apart. */
  prompt?: string;
  /** What could be chosen. */
  choices?: string[];
  /** The right answer, or several of which any one is right. */
  reference?: string | string[];
  /** What the other program scored, by its own names. */
  scores?: Record<string, Json>;
  /** Why there is no output. */
  error?: string;
  /** Where it stands, for people: "line 7". */
  place: string;
}

/** Where a value stands: the file's name, and "line 7". */
export interface Place {
  shown: string;
  place: string;
}

/** One JSON value of a file as the answers it holds. */
export type OutputReader = (value: unknown, at: Place) => Iterable<OutputRecord>;

const MAX_LEVELS = 20;

/** A score as another program has it: any JSON, within reason, since whoever reads it later does so level by level. */
export const givenScoreSchema = z.custom<Json>((value) => isWithin(value, MAX_LEVELS), `nested more than ${MAX_LEVELS} levels deep`);

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined;
  return levels > 0 && Object.values(value).every((item) => isWithin(item, levels - 1));
}

/** What an instance is called in messages: its id, or its place as #5. */
export function nameOf({ instanceId, position }: Pick<OutputRecord, "instanceId" | "position">): string {
  return instanceId ?? `#${position}`;
}

/** Parses by a schema. Throws `data/invalid` that names file, place, field and what is wrong. */
export function parsedAs<T>(schema: z.ZodType<T>, value: unknown, { shown, place }: Place, format: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join(".") ?? "";
  const problem = (issue?.message ?? "does not match").replace(/^Invalid input: /, "");
  throw new AssayError("data/invalid", `${shown} ${place}: ${path === "" ? "" : `${path}: `}${problem}`, {
    hint: `The file was taken for ${format}: fix it there, or name another.`,
  });
}

/** Scores of choices are no answer that could be graded. */
export function noText({ shown, place }: Place): AssayError {
  return new AssayError("data/invalid", `${shown} ${place}: log-likelihoods of given choices, and no text that the model wrote.`, {
    hint: "Only generated answers can be graded again; those scores stand as they are.",
  });
}
