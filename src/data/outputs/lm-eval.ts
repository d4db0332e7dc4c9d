/**
 * lm-eval's `samples_<task>_<date>.jsonl` (`--log_samples`), one line for each document and filter.
 * Source of the fields: lm_eval/evaluator.py and loggers/evaluation_tracker.py of lm-eval 0.4.13.
 */
import { z } from "zod";
import type { Json } from "../../core/json.ts";
import { givenScoreSchema, noText, parsedAs, type OutputReader, type OutputRecord, type Place } from "./record.ts";

const sampleSchema = z.looseObject({
  doc_id: z.int().min(0),
  doc: z.record(z.string(), z.unknown()).catch({}),
  target: z.unknown().optional(),
  /** A list for each request, of the responses to its repeats. */
  resps: z.array(z.unknown()).min(1),
  arguments: z.unknown().optional(),
  filter: z.string().default("none"),
  metrics: z.array(z.string()).default([]),
});
type Sample = z.output<typeof sampleSchema>;

export function isLmEval(value: object): boolean {
  return "doc_id" in value && "resps" in value;
}

/** Every filter repeats all documents with the same responses: those of the first one are taken. */
export function lmEvalOutputs(): OutputReader {
  let firstFilter: string | undefined;
  return (value, at) => {
    const sample = parsedAs(sampleSchema, value, at, "lm-eval's samples");
    firstFilter ??= sample.filter;
    if (sample.filter !== firstFilter) return [];
    const [repeats, ...others] = sample.resps;
    const texts = z.array(z.string()).safeParse(repeats);
    const prompt = promptOf(sample.arguments);
    if (others.length > 0 || !texts.success || prompt === null) throw noText(at);
    const shared = { ...sharedFields(sample), scores: scoresOf(sample, at), ...(prompt !== undefined && { prompt }) };
    return texts.data.map((output): OutputRecord => ({ ...shared, output, place: at.place }));
  };
}

/** What the first request was sent; null where it asked for no text. */
function promptOf(given: unknown): string | undefined | null {
  const [first] = typeof given === "object" && given !== null ? Object.values(given) : [];
  if (typeof first !== "object" || first === null) return undefined;
  const [prompt, settings]: unknown[] = Object.values(first);
  // A request to generate comes with its settings, one for a likelihood with the text to be rated.
  if (typeof settings !== "object" || settings === null) return null;
  return typeof prompt === "string" ? prompt : undefined;
}

/** Where a document keeps its own name and what it asks; data sets differ. */
const ID_KEYS = ["id", "task_id", "question_id"];
const QUESTION_KEYS = ["question", "problem", "prompt", "query", "input"];

function sharedFields({ doc_id: position, doc, target }: Sample) {
  const id = ID_KEYS.map((key) => doc[key]).find((value) => typeof value === "string" || typeof value === "number");
  const question = QUESTION_KEYS.map((key) => doc[key]).find((value) => typeof value === "string");
  return {
    namedBy: "position" as const,
    position,
    ...(id !== undefined && { instanceId: String(id) }),
    ...(question !== undefined && { question }),
    ...(typeof target === "string" && { reference: target }),
  };
}

/** By the names that lm-eval prints: `exact_match,strict-match`. */
function scoresOf({ metrics, filter, ...rest }: Sample, at: Place): Record<string, Json> {
  const given = metrics.filter((metric) => rest[metric] !== undefined).map((metric) => [`${metric},${filter}`, rest[metric]]);
  return parsedAs(z.record(z.string(), givenScoreSchema), Object.fromEntries(given), at, "lm-eval's samples");
}
