/** 100,000 recorded requests: how much memory grows between the 10,000th and the last, and how many files are made. */
import { join } from "node:path";
import { ASSAY, countFiles, gsm8kWords, peakMiB, residentMiB, runProbed } from "./engine.ts";
import { loadQuestions } from "./questions.ts";
import { numberFrom, print, printMachine, scratchFolder } from "./report.ts";
import { startServer } from "./server.ts";

const EPOCHS = numberFrom("BENCH_EPOCHS", 76);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 64);
/** Requests between two marks of the server. */
const MARK_EVERY = 1000;

await using scratch = await scratchFolder();
await using server = await startServer();
const { path: data, questions, description } = await loadQuestions(scratch.path);
const total = questions.length * EPOCHS;
const out = join(scratch.path, "runs");
printMachine();
print(`${description} × ${EPOCHS} epochs = ${total} requests, ${CONCURRENCY} at once`);

const run = await runProbed(
  ASSAY,
  gsm8kWords({ baseURL: server.baseURL, data, out, epochs: EPOCHS, concurrency: CONCURRENCY }),
  scratch.path,
);
const { requests, elapsedMs, marks } = await server.stats();
if (requests !== total) throw new Error(`the server saw ${requests} requests`);

const { probe } = run;
const at = (request: number) => residentMiB(probe, timeOf(request));
for (let request = 10_000; request <= total; request += 10_000) print(`at request ${request}: ${at(request).toFixed(0)} MiB`);
const last = Math.floor(total / 10_000) * 10_000;
const peak = (from: number, to: number) => peakMiB(probe, timeOf(from), timeOf(to)).toFixed(0);
print(
  `growth from request 10000 to ${last}: ${(at(last) - at(10_000)).toFixed(0)} MiB (wanted: under 50); peak before ${peak(1000, 10_000)} MiB, after ${peak(10_000, last)} MiB`,
);
print(`files in the run folder: ${await countFiles(out)} (wanted: fewer than 20)`);
print(
  `${((requests / elapsedMs) * 1000).toFixed(0)} requests/s, ${(probe.cpuMs / total).toFixed(2)} ms CPU each, event loop delay p99 ${probe.delayMs.p99.toFixed(1)} ms, max ${probe.delayMs.max.toFixed(0)} ms, whole command ${(run.wallMs / 1000).toFixed(1)} s`,
);

function timeOf(request: number): number {
  return marks[request / MARK_EVERY - 1] ?? Number.NaN;
}
