/** Inspect AI's log as one JSON document (`.json`). */
import { z } from "zod";
import { AssayError } from "../../../core/errors.ts";
import { shownNumber } from "../../lines.ts";
import { parsedAs, type OutputReader } from "../record.ts";
import { sampleOutput } from "./sample.ts";

const logSchema = z.looseObject({ samples: z.array(z.unknown()).nullish() });

export function isInspectLog(value: object): boolean {
  return "eval" in value && "status" in value;
}

/** Its samples are read one by one: a broken one is named by its number. */
export const inspectLogOutputs: OutputReader = function* inspectLogOutputs(value, at) {
  const { samples } = parsedAs(logSchema, value, at, "an Inspect AI log");
  if (samples == null)
    throw new AssayError("data/invalid", `${at.shown}: this Inspect AI log has no samples.`, {
      hint: "Name the whole log, made with log_samples and not only its header.",
    });
  for (const [index, sample] of samples.entries())
    yield sampleOutput(sample, { shown: at.shown, place: `sample ${shownNumber(index + 1)}` });
};
