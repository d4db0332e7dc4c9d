/** GSM8K × 8 epochs, 64 at once, everything recorded, beside a bare AI SDK loop over the same requests. The clock is the server's. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ASSAY, gsm8kWords, runProbed, type ProbedRun } from "./engine.ts";
import { loadQuestions } from "./questions.ts";
import { median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";
import { startServer } from "./server.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 5);
const EPOCHS = numberFrom("BENCH_EPOCHS", 8);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 64);

const bareLoop = new URL("./bare-loop.process.ts", import.meta.url).pathname;

await using scratch = await scratchFolder();
await using server = await startServer();
const { path: data, questions, description } = await loadQuestions(scratch.path);
const total = questions.length * EPOCHS;
const out = join(scratch.path, "runs");
printMachine();
print(`${description} × ${EPOCHS} epochs = ${total} requests, ${CONCURRENCY} at once`);

interface Round {
  /** Requests per second, from the server's first to its last request. */
  rate: number;
  /** Processor time for each request, start-up included, in milliseconds. */
  cpuMs: number;
  delayMs: { p99: number; max: number };
}

async function measured(side: () => Promise<ProbedRun>): Promise<Round> {
  await server.reset();
  const { probe } = await side();
  const { requests, elapsedMs } = await server.stats();
  if (requests !== total) throw new Error(`the server saw ${requests} requests`);
  return { rate: (requests / elapsedMs) * 1000, cpuMs: probe.cpuMs / total, delayMs: probe.delayMs };
}

const bare = () =>
  runProbed(
    bareLoop,
    [JSON.stringify({ baseURL: server.baseURL, epochs: EPOCHS, concurrency: CONCURRENCY, scratch: scratch.path })],
    scratch.path,
  );
const assay = () =>
  runProbed(ASSAY, gsm8kWords({ baseURL: server.baseURL, data, out, epochs: EPOCHS, concurrency: CONCURRENCY }), scratch.path);

const rounds: { bare: Round; assay: Round }[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const pair = { bare: await measured(bare), assay: await measured(assay) };
  await rm(out, { recursive: true });
  // The first is the warm-up.
  if (round === 0) continue;
  rounds.push(pair);
  print(
    `round ${round}: bare loop ${describe(pair.bare)} | assay ${describe(pair.assay)} | ratio ${(pair.assay.rate / pair.bare.rate).toFixed(2)}`,
  );
}

function describe({ rate, cpuMs, delayMs }: Round): string {
  return `${rate.toFixed(0)}/s, ${cpuMs.toFixed(2)} ms CPU each, loop delay p99 ${delayMs.p99.toFixed(1)} max ${delayMs.max.toFixed(0)} ms`;
}

for (const side of ["bare", "assay"] as const) {
  const rates = rounds.map((round) => round[side].rate);
  print(
    `${side.padEnd(6)} best ${Math.max(...rates).toFixed(0)}/s, median ${median(rates).toFixed(0)}/s, ${median(rounds.map((round) => round[side].cpuMs)).toFixed(2)} ms CPU each`,
  );
}
const best = Math.max(...rounds.map(({ assay }) => assay.rate)) / Math.max(...rounds.map(({ bare }) => bare.rate));
print(
  `ratio  of the bests ${best.toFixed(2)}, median of the rounds ${median(rounds.map(({ assay, bare }) => assay.rate / bare.rate)).toFixed(2)} (wanted: at least 0.60)`,
);
const p99s = rounds.map(({ assay }) => assay.delayMs.p99);
print(`event loop delay p99  best ${Math.min(...p99s).toFixed(1)} ms, median ${median(p99s).toFixed(1)} ms (wanted: under 50)`);
