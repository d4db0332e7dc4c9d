/** Questions and references that are in a file of answers, or in any file of such rows. */
import { accuracy, AssayError, defineTask, exactMatch, overEpochs, z } from "../src/index.ts";

const rowSchema = z.object({
  id: z.string().min(1),
  question: z.string(),
  choices: z.array(z.string()).optional(),
  reference: z.union([z.string(), z.array(z.string()).min(1)]),
});

type Row = z.output<typeof rowSchema>;

/** What identifies an instance is the question and its reference, whoever answered it: runs of several files are paired by it. */
type AnswersData = Omit<Row, "id">;

const firstOf = (reference: Row["reference"]) => (typeof reference === "string" ? reference : (reference[0] ?? ""));

export default defineTask<Row, AnswersData>({
  name: "answers",
  description: "Questions and references out of a file: the task of assay score where none is named.",
  source: () => {
    throw new AssayError("data/not-found", "The task answers has no questions of its own.", {
      hint: "Name a file: assay score --outputs FILE, or -o data=FILE with rows of id, question and reference.",
    });
  },
  row: rowSchema,
  toInstance: ({ id, ...data }) => ({ id, data, reference: { text: firstOf(data.reference) } }),
  format: ({ data: { question, choices = [] } }) => {
    const listed = choices.map((choice, index) => `${String.fromCodePoint(65 + index)}) ${choice}`);
    return {
      kind: "chat",
      messages: [{ role: "user", content: [question, ...(listed.length > 0 ? [listed.join("\n")] : [])].join("\n\n") }],
    };
  },
  scorers: [exactMatch<AnswersData>({ expected: ({ data }) => data.reference })],
  metrics: [accuracy({ score: "exact" }), ...overEpochs({ score: "exact" })],
  primaryMetric: "accuracy",
});
