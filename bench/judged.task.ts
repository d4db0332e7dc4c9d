/** Questions whose answers, a kilobyte each, a judge compares with a short reference. For `rescore.ts`. */
import { defineTask, referenceQa, z } from "../src/index.ts";
import { numberFrom } from "./report.ts";

const row = z.object({ id: z.string(), question: z.string(), reference: z.string(), answer: z.string() });

const STEP = "The boxes are counted first, then what was eaten is taken away from them, and the rest goes to the market. ";
const STEPS = 9;

/** A row of the task; also what the bare loop's messages are made of. */
export function rowOf(index: number): z.output<typeof row> {
  const [boxes, apples] = [2 + (index % 17), 3 + (index % 23)];
  return {
    id: `${index + 1}`,
    question: `A farmer fills ${boxes} boxes with ${apples} apples each on day ${index + 1}. How many apples are taken to the market?`,
    reference: `${boxes * apples}`,
    answer: `On day ${index + 1}: ${STEP.repeat(STEPS)}So the answer is ${boxes * apples}.`,
  };
}

export const judged = referenceQa<{ question: string; reference: string }>({ name: "judged" });

export default defineTask({
  name: "judged",
  description: "Answers of a kilobyte that a judge grades.",
  source: () => Array.from({ length: numberFrom("BENCH_TRIALS", 10_000) }, (_, index) => rowOf(index)),
  row,
  toInstance: ({ id, question, reference, answer }) => ({ id, data: { question, reference }, reference: { text: answer } }),
  format: ({ data: { question } }) => ({ kind: "chat", messages: [{ role: "user", content: question }] }),
  scorers: [judged],
  metrics: judged.judge.metrics ?? [],
  primaryMetric: "accuracy",
});
