/** The rows that every benchmark asks: GSM8K where ASSAY_DATA names its JSONL file, otherwise rows of the same shape and size that are made up. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const rowSchema = z.object({ question: z.string(), answer: z.string() });

const MADE_UP_ROWS = 1319;

export interface Questions {
  /** A JSONL file of `question` and `answer`. */
  path: string;
  questions: string[];
  /** What a report says of them. */
  description: string;
}

/** Reads or makes the rows; `folder` is where a made-up file goes. */
export async function loadQuestions(folder: string): Promise<Questions> {
  const given = process.env["ASSAY_DATA"];
  const path = given ?? join(folder, "made-up.jsonl");
  if (given === undefined)
    await writeFile(path, Array.from({ length: MADE_UP_ROWS }, (_, index) => `${JSON.stringify(madeUpRow(index))}\n`).join(""));
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  const questions = lines.map((line) => rowSchema.parse(JSON.parse(line)).question);
  return {
    path,
    questions,
    description:
      given === undefined
        ? `${questions.length} made-up questions (ASSAY_DATA names the file of the real ones)`
        : `${questions.length} questions of ASSAY_DATA`,
  };
}

/** About as long as the questions of GSM8K, which have 240 characters on average. */
function madeUpRow(index: number): z.output<typeof rowSchema> {
  const [boxes, apples, eaten] = [2 + (index % 17), 3 + (index % 23), 1 + (index % 5)];
  const question = `A farmer fills ${boxes} boxes with ${apples} apples each on the morning of day ${index + 1}. In the afternoon ${eaten} of the apples are eaten by the farmer's children, and the rest of them are taken to the market in town. How many apples are taken to the market?`;
  return {
    question,
    answer: `${boxes} * ${apples} = ${boxes * apples}. ${boxes * apples} - ${eaten} = ${boxes * apples - eaten}.\n#### ${boxes * apples - eaten}`,
  };
}

/** What the task `gsm8k` adds to each question. */
export const FINAL_LINE = 'End with a line of the form "#### <number>" that holds nothing but the final number.';
