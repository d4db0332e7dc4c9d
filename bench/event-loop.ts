/** The engine's event loop beside 8 parallel embedded trials that burn CPU. The other half of the measure is in `throughput.ts`. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ASSAY, peakMiB, runProbed } from "./engine.ts";
import { median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 3);

const task = new URL("./burn.task.ts", import.meta.url).pathname;
const resultSchema = z.object({
  runs: z.tuple([z.object({ counts: z.object({ planned: z.number(), completed: z.number() }), durationMs: z.number() })]),
});

await using scratch = await scratchFolder();
const out = join(scratch.path, "runs");
printMachine();

const p99s: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const { stdout, probe } = await runProbed(
    ASSAY,
    ["run", "-m", "mock/oracle", "-t", task, "--sandbox", "embedded", "--concurrency", "8", "--out", out, "--json"],
    scratch.path,
  );
  const [{ counts, durationMs }] = resultSchema.parse(JSON.parse(stdout)).runs;
  if (counts.completed !== counts.planned) throw new Error(`${counts.completed} of ${counts.planned} trials were completed`);
  await rm(out, { recursive: true });
  const { p50, p99, p999, max } = probe.delayMs;
  print(
    `${round === 0 ? "warm-up" : `round ${round}`}: ${counts.completed} trials in ${(durationMs / 1000).toFixed(1)} s, event loop delay p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(1)}, max ${max.toFixed(0)} ms, ${(probe.cpuMs / durationMs).toFixed(1)} cores burnt, peak ${peakMiB(probe).toFixed(0)} MiB`,
  );
  if (round > 0) p99s.push(p99);
}
print(`event loop delay p99  best ${Math.min(...p99s).toFixed(1)} ms, median ${median(p99s).toFixed(1)} ms (wanted: under 50)`);
