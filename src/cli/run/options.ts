/** Options of a run: from their schema to the command line, and from its words back. */
import { isDeepStrictEqual } from "node:util";
import { Option } from "commander";
import { z } from "zod";
import { AssayError } from "../../core/errors.ts";
import { optionWords, runOptionsSchema, type OptionWords, type RunOptions } from "../../run/options.ts";
import { durationIn } from "../duration.ts";
import { optionName } from "../number-option.ts";
import type { RunFlags } from "./flags.ts";

/** Every option of the schema as the command line takes it, in the schema's order. Each value is checked where it is read. */
export function schemaOptions(): Option[] {
  return Object.entries(runOptionsSchema.shape).flatMap(([key, schema]) => {
    const words = optionWords.get(schema);
    return words ? [optionOf(key, schema, words)] : [];
  });
}

function optionOf(key: string, schema: z.ZodType, { flags, description, isDuration }: OptionWords): Option {
  const option = new Option(flags, description);
  // The value goes by the schema's name, not by one that is made of the flag.
  option.attributeName = () => key;
  const kind = kindOf(schema);
  if (kind === "boolean") return option;
  if (schema instanceof z.ZodDefault && kind !== "array") option.default(schema.def.defaultValue);
  return option.argParser((text: string, before: unknown) => {
    const value =
      kind === "array" ? [...(Array.isArray(before) ? before : []), text] : kind === "number" ? numberIn(text, { isDuration }) : text;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new AssayError("usage/bad-option", `${optionName(option)} ${text}: ${parsed.error.issues[0]?.message}.`, {
      hint: "See: assay run --help",
    });
  });
}

/** What a schema takes where something is given at all: "string", "number", "array". */
function kindOf(schema: z.core.$ZodType): string {
  return schema instanceof z.core.$ZodOptional || schema instanceof z.core.$ZodDefault
    ? kindOf(schema._zod.def.innerType)
    : schema._zod.def.type;
}

/** NaN where it is none. A time is in milliseconds. */
function numberIn(text: string, { isDuration = false }: { isDuration: boolean | undefined }): number {
  if (isDuration) return durationIn(text);
  return text.trim() === "" ? Number.NaN : Number(text);
}

/** Options of a fresh run. Throws `usage/bad-option` where there is no model or no task. */
export function runOptionsOf(flags: RunFlags): RunOptions {
  if (!flags.model) throw new AssayError("usage/bad-option", "No model was given.", { hint: "Add -m MODEL, for example -m mock/oracle." });
  if (!flags.specs)
    throw new AssayError("usage/bad-option", "No task was given.", {
      hint: "Add -t TASK, for example -t basics. See them with: assay list tasks",
    });
  const given = Object.entries(flags).filter(([key]) => schemaOptions().some((option) => option.attributeName() === key));
  return runOptionsSchema.parse(Object.fromEntries(given));
}

/** Options of a resumed run: what a run is stays as it was stored, how far and how fast it goes may be said anew. */
export function resumedOptionsOf(stored: RunOptions, flags: RunFlags): RunOptions {
  const changes: [string, unknown][] = [];
  for (const option of schemaOptions()) {
    const key = option.attributeName();
    const value: unknown = Reflect.get(flags, key);
    const isGiven = value !== undefined && value !== option.defaultValue;
    if (!isGiven || isDeepStrictEqual(value, Reflect.get(stored, key))) continue;
    if (!CHANGED_ON_RESUME.has(key)) throw staysAsStored(option.long ?? key);
    changes.push([key, value]);
  }
  if (flags.harness.some((name) => name !== stored.harness)) throw staysAsStored("--harness");
  return { ...stored, ...Object.fromEntries(changes) };
}

/** How far and how fast a run goes, and on which machines; everything else is what it is. */
const CHANGED_ON_RESUME: ReadonlySet<string> = new Set(["concurrency", "dockerHosts", "retries", "maxCostUsd", "maxTokens", "maxTimeMs"]);

function staysAsStored(flag: string): AssayError {
  return new AssayError("usage/bad-option", `${flag}: a resumed run keeps what it was started with.`, {
    hint: `Leave ${flag} out, or start afresh without --resume.`,
  });
}

/** Whether so many trials in error still leave exit code 0: `--allow-errors N` or `P%`; none by default. */
export function allowsErrors(text: string | undefined, errors: number, planned: number): boolean {
  if (text === undefined) return errors === 0;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (!match) throw new AssayError("usage/bad-option", `--allow-errors ${text}: expected a number or a percentage.`);
  const allowed = match[2] ? (Number(match[1]) / 100) * planned : Number(match[1]);
  return errors <= allowed;
}
