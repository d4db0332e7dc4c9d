/** Runs the `assay` command in a process of its own, with the probe inside. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { runProcess, type Ended, type ProcessOptions } from "./process.ts";
import { median } from "./report.ts";

const AROUND_MS = 1000;
const BYTES_PER_MIB = 1024 * 1024;

const probeSchema = z.object({
  delayMs: z.object({ p50: z.number(), p99: z.number(), p999: z.number(), max: z.number() }),
  cpuMs: z.number(),
  memory: z.array(z.tuple([z.number(), z.number()])),
  openFiles: z.array(z.tuple([z.number(), z.number()])),
});

/** `memory` and `openFiles`: pairs of `Date.now()` and resident bytes, or open files and sockets (Linux only). */
export type Probe = z.output<typeof probeSchema>;

export const ASSAY = new URL("../bin/assay.js", import.meta.url).pathname;
const probe = new URL("./probe.process.ts", import.meta.url).pathname;

export interface ProbedRun extends Ended {
  probe: Probe;
}

/** `node <script> <words>` with the probe inside; `scratch` is a folder for its report. */
export async function runProbed(
  script: string,
  words: readonly string[],
  scratch: string,
  options: ProcessOptions = {},
): Promise<ProbedRun> {
  const report = join(scratch, "probe.json");
  const env = { ...options.env, BENCH_PROBE: report };
  const ended = await runProcess(process.execPath, ["--import", probe, script, ...words], { ...options, env });
  return { ...ended, probe: probeSchema.parse(JSON.parse(await readFile(report, "utf8"))) };
}

/** The options of `assay run` for GSM8K against a server. */
export function gsm8kWords(options: { baseURL: string; data: string; out: string; epochs: number; concurrency: number }): string[] {
  const { baseURL, data, out, epochs, concurrency } = options;
  return [
    "run",
    "-m",
    "openai-compatible/m",
    "-t",
    "gsm8k",
    "--epochs",
    `${epochs}`,
    "--concurrency",
    `${concurrency}`,
    "--out",
    out,
    "--json",
    "-o",
    `data=${data}`,
    "-o",
    `provider.baseURL=${baseURL}`,
    "-o",
    `provider.concurrency=${concurrency}`,
  ];
}

/** Resident memory moves with each collection: the median of what was seen within a second of a moment (`Date.now()`), in MiB. */
export function residentMiB({ memory }: Probe, moment: number): number {
  return median(memory.filter(([at]) => Math.abs(at - moment) <= AROUND_MS).map(([, bytes]) => bytes)) / BYTES_PER_MIB;
}

/** The most that was resident from one moment to another, in MiB. */
export function peakMiB({ memory }: Probe, from = 0, to = Infinity): number {
  return Math.max(...memory.filter(([at]) => at >= from && at <= to).map(([, bytes]) => bytes)) / BYTES_PER_MIB;
}

/** Files below a folder. */
export async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}
