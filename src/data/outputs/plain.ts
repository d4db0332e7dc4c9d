/** Answers as anybody can write them: one JSON object a line, `{"instance": "q1", "output": "…"}`. */
import { z } from "zod";
import { givenScoreSchema, parsedAs, type OutputRecord, type OutputReader } from "./record.ts";

const name = z.union([z.string().min(1), z.number()]).transform(String);

const lineSchema = z.looseObject({
  instance: name,
  output: z.string().nullable(),
  epoch: z.int().min(1).nullish(),
  question: z.string().nullish(),
  reference: z.union([z.string(), z.array(z.string()).min(1)]).nullish(),
  scores: z.record(z.string(), givenScoreSchema).nullish(),
  error: z.string().nullish(),
});

export function isPlain(value: object): boolean {
  return "instance" in value && "output" in value;
}

export const plainOutputs: OutputReader = (value, at) => {
  const { instance, output, epoch, question, reference, scores, error } = parsedAs(lineSchema, value, at, "lines of {instance, output}");
  const record: OutputRecord = {
    instanceId: instance,
    namedBy: "id",
    output,
    place: at.place,
    ...(epoch != null && { epoch }),
    ...(question != null && { question }),
    ...(reference != null && { reference }),
    ...(scores != null && { scores }),
    ...(error != null && { error }),
  };
  return [record];
};
