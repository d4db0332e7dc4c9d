/**
 * GSM8K: grade-school word problems whose answer is one number.
 * Source: Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems" (arXiv 2110.14168). Licence of the data: MIT.
 */
import { z } from "zod";
import { accuracy, defineTask, numericMatch, overEpochs, type Message } from "../../src/index.ts";
import { EXEMPLARS } from "./exemplars.ts";

const GOLD = /####\s*(-?[\d,]*\.?\d+)\s*$/;

const rowSchema = z.object({
  question: z.string().min(1),
  answer: z.string().regex(GOLD, 'expected an answer that ends in "#### <number>"'),
});

const settingsSchema = z.strictObject({
  shots: z.number().int().min(0).max(EXEMPLARS.length).describe("worked examples before the question"),
  stepByStep: z.boolean().describe("whether the question asks to reason before answering"),
});

type Row = z.output<typeof rowSchema>;
type Settings = z.output<typeof settingsSchema>;

interface Gsm8kData {
  question: string;
  /** Digits without commas. */
  answer: string;
}

const FINAL_LINE = 'End with a line of the form "#### <number>" that holds nothing but the final number.';
const STEP_BY_STEP = "Think step by step before you answer.";
const MAY_USE_TOOLS = "You may use your tools to calculate.";

export default defineTask<Row, Gsm8kData, Settings>({
  name: "gsm8k",
  description: "GSM8K: grade-school word problems with one number as the answer (1,319 questions).",
  source: { dataset: "openai/gsm8k", config: "main", split: "test" },
  row: rowSchema,
  settings: { schema: settingsSchema, defaults: { shots: 0, stepByStep: false } },
  toInstance: (row, index) => ({
    id: String(index + 1),
    data: { question: row.question, answer: (GOLD.exec(row.answer)?.[1] ?? "").replaceAll(",", "") },
    reference: { text: row.answer },
  }),
  format: ({ data }, { settings, hasTools }) => {
    const examples = EXEMPLARS.slice(0, settings.shots).flatMap(({ question, answer }): Message[] => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]);
    // The worked examples show how an answer ends; another form would contradict them.
    const form = settings.shots > 0 ? [] : [FINAL_LINE];
    const asked = [...(settings.stepByStep ? [STEP_BY_STEP] : []), ...(hasTools ? [MAY_USE_TOOLS] : []), ...form].join(" ");
    return {
      kind: "chat",
      messages: [...examples, { role: "user", content: asked === "" ? data.question : `${data.question}\n\n${asked}` }],
    };
  },
  sampling: { temperature: 0, maxTokens: 1024 },
  scorers: [numericMatch<Gsm8kData>({ expected: ({ data }) => data.answer })],
  metrics: [accuracy({ score: "numeric" }), ...overEpochs({ score: "numeric" })],
  primaryMetric: "accuracy",
  variants: {
    "8shot": { description: "the eight worked examples of Wei et al. 2022 before the question", settings: { shots: 8 } },
    cot: { description: "asks to reason step by step", settings: { stepByStep: true } },
  },
});
