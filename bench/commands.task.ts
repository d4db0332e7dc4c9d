/** Agents that run one command again and again: what is measured is all around it. `commands.ts` and `captures.ts` give the numbers. */
import { accuracy, defineScorer, defineTask, z } from "../src/index.ts";

const { trials, calls, image, files } = z
  .object({ trials: z.number(), calls: z.number(), image: z.string(), files: z.record(z.string(), z.string()).default({}) })
  .parse(JSON.parse(process.env["BENCH_COMMANDS"] ?? "null"));

export default defineTask({
  name: "commands",
  description: "The same command again and again.",
  source: () => Array.from({ length: trials }, (_, index) => ({ id: `${index + 1}` })),
  row: z.object({ id: z.string() }),
  toInstance: ({ id }) => ({ id, data: {}, files, reference: { commands: Array.from({ length: calls }, () => "/bin/true") } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Run the command." }] }),
  limits: { turns: calls + 2 },
  scorers: [defineScorer({ name: "ended", score: () => ({ value: 1 }) })],
  metrics: [accuracy({ score: "ended" })],
  primaryMetric: "accuracy",
  sandbox: { image },
  harness: "agent",
});
