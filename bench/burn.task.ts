/** Eight agents whose every command burns a core: in bash, and in Python. For `event-loop.ts`. */
import { accuracy, defineScorer, defineTask, z } from "../src/index.ts";

const AGENTS = 8;
const BURN_SECONDS = 15;

const row = z.object({ id: z.string(), command: z.string() });

const python = `python3 -c 'import time
end = time.time() + ${BURN_SECONDS}
while time.time() < end: sum(range(10000))'`;
const bash = `end=$(( $(date +%s) + ${BURN_SECONDS} )); while [ $(date +%s) -lt $end ]; do i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done; done`;

export default defineTask({
  name: "burn",
  description: "Commands that burn a core.",
  source: () => Array.from({ length: AGENTS }, (_, index) => ({ id: `${index + 1}`, command: index % 2 === 0 ? python : bash })),
  row,
  toInstance: ({ id, command }) => ({ id, data: {}, reference: { commands: [command] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Burn a core." }] }),
  scorers: [defineScorer({ name: "ended", score: () => ({ value: 1 }) })],
  metrics: [accuracy({ score: "ended" })],
  primaryMetric: "accuracy",
  sandbox: {},
  harness: "agent",
});
