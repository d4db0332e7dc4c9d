/** What benchmarks print: best, median and ratios of interleaved rounds, and the machine they ran on. */
import { mkdtemp, rm } from "node:fs/promises";
import { arch, availableParallelism, cpus, loadavg, platform, release, tmpdir } from "node:os";
import { join } from "node:path";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one line that says where the figures come from. */
export function printMachine(): void {
  const load = loadavg()[0]?.toFixed(1) ?? "?";
  print(
    `${cpus()[0]?.model ?? arch()}, ${availableParallelism()} cores, ${platform()} ${release()}, Node.js ${process.versions.node}, load ${load}`,
  );
}

/** A temporary folder that goes when it is disposed of. */
export async function scratchFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "assay-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A whole number from the environment, so that a quick look needs fewer rounds. */
export function numberFrom(variable: string, fallback: number): number {
  const text = process.env[variable];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${variable} is ${JSON.stringify(text)}: give a whole number from 1.`);
  return value;
}
