/** 1,000 sandboxes of one run: what the harness's memory and its open files are at the 100th and at the last. */
import { runCommands } from "./commands.ts";
import { openEngines } from "./plain-engine.ts";
import { interruptible, median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";

const TRIALS = numberFrom("BENCH_TRIALS", 1000);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 8);
const CALLS = 2;
const BYTES_PER_MIB = 1024 * 1024;
/** Memory moves with each collection, open files with each start: the median of what was seen around a moment. */
const AROUND_MS = 3000;

await interruptible(async (signal) => {
  await using scratch = await scratchFolder();
  printMachine();
  for (const engine of await openEngines(signal)) {
    await using _engine = engine;
    print(`${engine.name} ${engine.version}: ${TRIALS} trials × ${CALLS} calls, ${CONCURRENCY} at once`);
    const run = await runCommands({ engine, trials: TRIALS, calls: CALLS, concurrency: CONCURRENCY, scratch: scratch.path, signal });
    const { memory, openFiles, cpuMs, delayMs } = run.probe;
    const at = (trial: number) => {
      const moment = run.endedAt[trial - 1] ?? Number.NaN;
      return { memoryMiB: around(memory, moment) / BYTES_PER_MIB, files: around(openFiles, moment) };
    };
    const step = Math.max(1, Math.floor(TRIALS / 10));
    for (let trial = step; trial <= TRIALS; trial += step)
      print(`at trial ${trial}: ${at(trial).memoryMiB.toFixed(0)} MiB, ${at(trial).files} open files and sockets`);
    const [first, last] = [at(step), at(step * 10)];
    print(
      `from trial ${step} to ${step * 10}: ${(last.memoryMiB - first.memoryMiB).toFixed(0)} MiB more (wanted: under 30), ${last.files - first.files} more open files (wanted: at most ${CONCURRENCY * 2})`,
    );
    print(
      `${(TRIALS / (run.wallMs / 60_000)).toFixed(0)} trials/min, ${(cpuMs / TRIALS).toFixed(1)} ms CPU a trial, event loop delay p99 ${delayMs.p99.toFixed(1)} ms, max ${delayMs.max.toFixed(0)} ms`,
    );
  }
});

function around(samples: readonly (readonly [number, number])[], moment: number): number {
  return median(samples.filter(([at]) => Math.abs(at - moment) <= AROUND_MS).map(([, value]) => value));
}
