/**
 * olmo-eval's `<task>-predictions.jsonl`, one line for each instance with all of its samples.
 * Source of the fields: src/olmo_eval/runners/io/builders.py and evals/external/…/result_parser.py of allenai/olmo-eval.
 */
import { z } from "zod";
import { givenScoreSchema, noText, parsedAs, type OutputReader, type OutputRecord } from "./record.ts";

const lineSchema = z.looseObject({
  doc_id: z.int().min(0).nullish(),
  native_id: z.union([z.string().min(1), z.number()]).transform(String),
  /** Absent from what was graded outside. */
  model_output: z.array(z.looseObject({ text: z.string().nullish(), sum_logits: z.number().nullish() })).nullish(),
  final_output: z.string().nullish(),
  instance_metrics: z.record(z.string(), givenScoreSchema).nullish(),
  label: z.unknown().optional(),
  error: z.unknown().optional(),
});

export function isOlmoEval(value: object): boolean {
  return "native_id" in value && ("model_output" in value || "instance_metrics" in value);
}

export const olmoEvalOutputs: OutputReader = (value, at) => {
  const line = parsedAs(lineSchema, value, at, "olmo-eval's predictions");
  const outputs = line.model_output ?? [];
  // Ranked choices are told from samples by the label, which then is the place of the right one.
  if (outputs.length > 1 && typeof line.label === "number" && outputs.every((output) => output.sum_logits != null)) throw noText(at);
  const texts = outputs.length > 0 ? outputs.map((output) => output.text ?? null) : [line.final_output ?? null];
  const reference = z.union([z.string(), z.array(z.string()).min(1)]).safeParse(line.label).data;
  // An instance without an id of its own is called by its number.
  const hasId = line.native_id !== `doc_${line.doc_id}`;
  return texts.map((output): OutputRecord => ({
    namedBy: hasId ? "id" : "position",
    ...(hasId && { instanceId: line.native_id }),
    ...(line.doc_id != null && { position: line.doc_id }),
    output,
    ...(reference !== undefined && { reference }),
    ...(line.instance_metrics != null && { scores: line.instance_metrics }),
    ...(typeof line.error === "string" && { error: line.error }),
    place: at.place,
  }));
};
