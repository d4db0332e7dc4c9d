/** A task whose answers a judge compares with references; `mock/oracle` answers it. */
export function qaTask({ count, more = "", judge = "" }: { count: number; more?: string; judge?: string }): string {
  return `
import { accuracy, choiceFormat, defineJudge, defineTask, z } from "assay";
const format = choiceFormat({ correct: { meaning: "it says the same" }, incorrect: { meaning: "it does not" } });
export const grade = defineJudge({
  name: "grade",
  description: "Whether an answer says the same as the reference.",
  rubric: { version: 1 },
  ask: ({ reference, output }) => [{
    id: "grade",
    prompt: {
      instructions: "Compare the submission with the reference.",
      data: [{ name: "reference", text: reference ?? "" }, { name: "submission", text: output ?? "" }],
      reminder: "Is it correct?",
    },
    answer: format,
    read: ({ verdict }) => ({ label: String(verdict), value: verdict === "correct" ? 1 : 0 }),
  }],
  grade: ([answer]) => ({ value: answer?.value ?? null, label: answer?.label ?? null }),
  ${judge}
});
export default defineTask({
  name: "qa",
  description: "Questions.",
  source: () => Array.from({ length: ${count} }, (_, n) => ({ n })),
  row: z.object({ n: z.number() }),
  toInstance: ({ n }) => ({ id: "q" + n, data: {}, reference: { text: "answer " + n } }),
  format: ({ id }) => ({ kind: "chat", messages: [{ role: "user", content: "Which answer has " + id + "?" }] }),
  scorers: [grade],
  metrics: [accuracy({ score: "grade" })],
  primaryMetric: "accuracy",
  ${more}
});
`;
}

/** As the oracle's own: what it solves is the reference, what it does not is something else. */
export const compare = (asked: { text(name: string): string }): "correct" | "incorrect" =>
  asked.text("submission") === asked.text("reference") ? "correct" : "incorrect";
