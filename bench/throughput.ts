/** GSM8K × 8 epochs, 64 at once, everything recorded, beside a bare AI SDK loop over the same requests. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { runBareLoop } from "./bare-loop.ts";
import { compareRates } from "./compare-rates.ts";
import { ASSAY, gsm8kWords, runProbed } from "./engine.ts";
import { FINAL_LINE, loadQuestions } from "./questions.ts";
import { median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";
import { startServer } from "./server.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 5);
const EPOCHS = numberFrom("BENCH_EPOCHS", 8);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 64);

await using scratch = await scratchFolder();
await using server = await startServer();
const { path: data, questions, description } = await loadQuestions(scratch.path);
const total = questions.length * EPOCHS;
const out = join(scratch.path, "runs");
printMachine();
print(`${description} × ${EPOCHS} epochs = ${total} requests, ${CONCURRENCY} at once`);

const { baseURL } = server;
const options = questions.map((question) => ({
  prompt: [{ role: "user" as const, content: [{ type: "text" as const, text: `${question}\n\n${FINAL_LINE}` }] }],
  temperature: 0,
  maxOutputTokens: 1024,
}));
const rounds = await compareRates({
  server,
  requests: total,
  rounds: ROUNDS,
  bare: () => runBareLoop({ baseURL, calls: total, concurrency: CONCURRENCY, options, scratch: scratch.path }),
  assay: () => runProbed(ASSAY, gsm8kWords({ baseURL, data, out, epochs: EPOCHS, concurrency: CONCURRENCY }), scratch.path),
  afterRound: () => rm(out, { recursive: true }),
  wanted: 0.6,
});
const p99s = rounds.map(({ delayMs }) => delayMs.p99);
print(`event loop delay p99  best ${Math.min(...p99s).toFixed(1)} ms, median ${median(p99s).toFixed(1)} ms (wanted: under 50)`);
