/** How long the bin takes for what a person waits for: help, a listing, a plan. Compiled sources are kept from the warm-up on. */
import { ASSAY } from "./engine.ts";
import { runProcess } from "./process.ts";
import { median, numberFrom, print, printMachine } from "./report.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 9);

const commands = [
  { words: ["--help"], wanted: "under 250 ms" },
  { words: ["list", "tasks"], wanted: "under 500 ms" },
  { words: ["run", "-m", "mock/noop", "-t", "basics", "-n", "1", "--dry-run"], wanted: undefined },
];

printMachine();
const times = commands.map((): number[] => []);
for (let round = 0; round <= ROUNDS; round++) {
  for (const [index, { words }] of commands.entries()) {
    const { wallMs } = await runProcess(process.execPath, [ASSAY, ...words]);
    if (round > 0) times[index]?.push(wallMs);
  }
}
for (const [index, { words, wanted }] of commands.entries()) {
  const values = times[index] ?? [];
  print(
    `assay ${words.join(" ")}: best ${Math.min(...values).toFixed(0)} ms, median ${median(values).toFixed(0)} ms${wanted === undefined ? "" : ` (wanted: ${wanted})`}`,
  );
}
