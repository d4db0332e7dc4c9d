/** A small task of a user's own, as a file in a foreign folder. */

/** `sums`: answers are numbers; `wrong` instances have a reference that scores 0. */
export function sumsTask({ count = 3, wrong = [] as number[] } = {}): Record<string, string> {
  return {
    "sums.ts": `
import { accuracy, defineTask, exactMatch, z } from "assay";

export default defineTask({
  name: "sums",
  description: "Adds a number to itself.",
  source: () => Array.from({ length: ${count} }, (_, index) => index + 1),
  row: z.number(),
  toInstance: (row) => ({ id: \`s\${row}\`, data: { answer: String(2 * row), row }, reference: { text: ${JSON.stringify(wrong)}.includes(row) ? "wrong" : String(2 * row) } }),
  format: (instance) => ({ kind: "chat", messages: [{ role: "user", content: \`\${instance.data.row} + \${instance.data.row}?\` }] }),
  scorers: [exactMatch({ expected: (instance) => instance.data.answer })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
});
`,
  };
}
