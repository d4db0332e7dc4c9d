/** Answers that name what they rest on: the steps of a transcript, the passages of a text. */
import { z } from "zod";
import type { AnswerFormat } from "../../core/judge.ts";

export interface Evidence {
  /** Its key in the answer, and the label of its line in words. */
  key: string;
  /** Which of them exist, and how many there must be. */
  list: z.ZodArray;
  /** What is to be named, for a judge that answers in words: "the numbers of the steps that decide it". */
  about: string;
  /** One of them, out of words. */
  read(name: string): unknown;
}

/** The same form of answer with a list of evidence before the verdict. In words: a line `STEPS: 3, 17`, the last one of which counts. */
export function withEvidence(format: AnswerFormat, { key, list, about, read }: Evidence): AnswerFormat {
  const { [format.verdict]: verdict, ...before } = format.schema.shape;
  const line = new RegExp(`^[ \\t*_#>-]{0,10}${key}[ \\t*_]{0,4}:(.{0,1000})$`, "gim");
  return {
    ...format,
    schema: z.object({ ...before, [key]: list, ...(verdict && { [format.verdict]: verdict }) }),
    inWords: `${format.inWords} Before that line, write one that begins with ${key.toUpperCase()}: and names ${about}, with commas between.`,
    fromText(text) {
      const answer = format.fromText(text);
      const named = [...text.matchAll(line)].at(-1)?.[1];
      return answer && named !== undefined ? { ...answer, [key]: namesIn(named).map(read) } : answer;
    },
  };
}

function namesIn(line: string): string[] {
  const names = line.split(/[,;]/).map((name) => name.replaceAll(/^[\s*_`"[(]+|[\s*_`"\]).]+$/g, ""));
  return names.filter((name) => name !== "" && name.toLowerCase() !== "none");
}
