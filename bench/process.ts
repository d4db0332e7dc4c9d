/** Processes of a benchmark: each side runs in its own. */
import { spawn } from "node:child_process";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** From start to end. */
  wallMs: number;
}

export interface Started {
  /** The first line on stdout. */
  firstLine: Promise<string>;
  ended: Promise<Ended>;
  kill(): void;
}

export interface ProcessOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Interrupts the process, which then tidies up. Without it a Ctrl-C at the terminal reaches the process by itself. */
  signal?: AbortSignal;
}

export function startProcess(command: string, words: readonly string[], options: ProcessOptions = {}): Started {
  const { cwd, signal } = options;
  signal?.throwIfAborted();
  const startedAt = performance.now();
  const child = spawn(command, words, {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // A second interrupt, from the terminal, would end it before it has tidied up.
    detached: signal !== undefined,
  });
  const interrupt = () => void child.kill("SIGINT");
  signal?.addEventListener("abort", interrupt, { once: true });
  child.on("close", () => signal?.removeEventListener("abort", interrupt));
  let stdout = "";
  let stderr = "";
  const firstLine = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<Ended>();
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    const end = stdout.indexOf("\n");
    if (end !== -1) firstLine.resolve(stdout.slice(0, end));
  });
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  child.on("error", (error) => ended.reject(error));
  child.on("close", (code) => ended.resolve({ code, stdout, stderr, wallMs: performance.now() - startedAt }));
  return { firstLine: firstLine.promise, ended: ended.promise, kill: () => void child.kill() };
}

/** Runs to the end. Throws with what it printed where it fails. */
export async function runProcess(command: string, words: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const result = await startProcess(command, words, options).ended;
  if (result.code !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${result.code}:\n${result.stderr.slice(-4000)}`);
  return result;
}
