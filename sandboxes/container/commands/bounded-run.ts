/** Runs a command whose output has a bound: where that is met the command is ended, and what came before it is kept. */
import type { RunCommand } from "./commands.ts";

export interface Bounds {
  maxBytes: number;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface BoundedOutput {
  stdout: Buffer;
  stderr: Uint8Array;
  /** Undefined where the command was ended: its output is a beginning only. */
  exitCode: number | undefined;
}

export async function runBounded(
  run: RunCommand,
  argv: readonly string[],
  { maxBytes, timeoutMs, signal }: Bounds,
): Promise<BoundedOutput> {
  signal?.throwIfAborted();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const full = new AbortController();
  const forward = (): void => full.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  const onOutput = (stream: "stdout" | "stderr", chunk: Uint8Array): void => {
    if (stream === "stderr" || bytes > maxBytes) return;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) full.abort();
  };
  try {
    const result = await run(argv, {
      cwd: "/",
      env: { LC_ALL: "C" },
      timeoutMs,
      maxOutputBytes: maxBytes + STDERR_BYTES,
      onOutput,
      signal: full.signal,
    });
    const isEnded = result.timedOut || bytes > maxBytes;
    return { stdout: Buffer.concat(chunks), stderr: result.stderr, exitCode: isEnded ? undefined : result.exitCode };
  } catch (error) {
    if (bytes <= maxBytes || signal?.aborted) throw error;
    return { stdout: Buffer.concat(chunks), stderr: new Uint8Array(), exitCode: undefined };
  } finally {
    signal?.removeEventListener("abort", forward);
  }
}

const STDERR_BYTES = 64 * 1024;
