/** The questions of a file of answers as the rows of a task: each once, however often it was answered. */
import { nameOf, type OutputRecord } from "./record.ts";
import { readOutputs } from "./read-outputs.ts";

/** What a row holds; of what a file does not say it holds nothing. */
interface QuestionRow {
  id: string;
  question?: string;
  choices?: string[];
  reference?: string | string[];
}

export interface PlacedQuestion {
  value: QuestionRow;
  /** For people. */
  place: string;
  /** Place of the instance in the data set that the file is about, from 0. */
  position: number;
}

/** In the file's order. Throws as reading the file does. */
export async function* questionsOf(path: string): AsyncGenerator<PlacedQuestion> {
  const seen = new Set<string>();
  for await (const record of readOutputs(path)) {
    const name = nameOf(record);
    if (seen.has(name)) continue;
    yield { value: rowOf(name, record), place: record.place, position: record.position ?? seen.size };
    seen.add(name);
  }
}

function rowOf(id: string, { question, prompt, choices, reference }: OutputRecord): QuestionRow {
  const asked = question ?? prompt;
  return {
    id,
    ...(asked !== undefined && { question: asked }),
    ...(choices !== undefined && { choices }),
    ...(reference !== undefined && { reference }),
  };
}
