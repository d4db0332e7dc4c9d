/** What benchmarks print: best, median and ratios of interleaved rounds, and the machine they ran on. */
import { mkdtemp, rm } from "node:fs/promises";
import { arch, availableParallelism, cpus, loadavg, platform, release, tmpdir } from "node:os";
import { join } from "node:path";

/** The value that so much of all is at most: `quantile(values, 0.9)` is the p90. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

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

/**
 * Runs a benchmark that starts what must not stay. Ctrl-C aborts `signal`, whatever comes next then throws, and so all that
 * was opened with `using` is closed as ever.
 */
export async function interruptible(main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort(new Error("interrupted")));
  try {
    await main(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    print("interrupted; what was started is removed");
    process.exitCode = 130;
  }
}
