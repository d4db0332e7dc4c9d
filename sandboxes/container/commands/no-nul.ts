import type { ExecOptions, ExecResult } from "../../../src/index.ts";

/** The result of a command that cannot be started: no program can be given a NUL, since its arguments, environment and folder end there. */
export function refusedForNul(argv: readonly string[], { env = {}, cwd }: ExecOptions): ExecResult | undefined {
  if (![...argv, ...Object.values(env), cwd].some((text) => text?.includes("\0"))) return undefined;
  return {
    stdout: new Uint8Array(),
    stderr: new TextEncoder().encode("sh: a command cannot hold a NUL character\n"),
    exitCode: 126,
    timedOut: false,
    truncated: false,
    droppedBytes: 0,
    durationMs: 0,
  };
}
