/** One agent that changes a file again and again. For `captures.ts`. */
import { accuracy, defineScorer, defineTask, z } from "../src/index.ts";

const { calls, image } = z.object({ calls: z.number(), image: z.string() }).parse(JSON.parse(process.env["BENCH_CAPTURES"] ?? "null"));

export default defineTask({
  name: "captures",
  description: "A file that changes at every step.",
  source: () => [{ id: "1" }],
  row: z.object({ id: z.string() }),
  toInstance: ({ id }) => ({ id, data: {}, files: { "notes.txt": "begin\n" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Write notes." }] }),
  limits: { turns: calls + 2 },
  scorers: [defineScorer({ name: "ended", score: () => ({ value: 1 }) })],
  metrics: [accuracy({ score: "ended" })],
  primaryMetric: "accuracy",
  sandbox: { image },
  harness: "agent",
});
