/** One trial whose sandbox an agent works in and a verifier grades. */
import {
  sandboxSpecSchema,
  type Sandbox,
  type SandboxBackend,
  type SandboxSpecInput,
  type Scorer,
  type VerifyRequest,
} from "../../src/index.ts";
import { noJudge } from "../scoring/no-judge.ts";

export const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const ROOT: SandboxSpecInput = { user: "root", capabilities: "default" };

export interface Trial extends AsyncDisposable {
  sandbox: Sandbox;
  start: () => Promise<Sandbox>;
  runId: string;
  grade: (scorer: Scorer) => Promise<{ value: number | null; explanation?: string | undefined; details?: unknown }>;
  verify: (
    request: VerifyRequest,
  ) => Promise<{ said: string; complained: string; exitCode: number; left: string; notes: readonly string[] }>;
}

export async function trial(backend: SandboxBackend, input: SandboxSpecInput = {}): Promise<Trial> {
  const spec = sandboxSpecSchema.parse(input);
  const runId = `verification-${process.pid}-${performance.now()}`;
  const start = (): Promise<Sandbox> => backend.start(spec, { owner: { runId, trialId: "attack/1/1", attempt: 1 } });
  const sandbox = await start();
  return {
    sandbox,
    start,
    runId,
    grade: async (scorer) =>
      scorer.score({
        instance: { id: "1", data: null },
        output: "done",
        sandbox,
        freshSandbox: start,
        judged: noJudge,
        signal: AbortSignal.timeout(60_000),
      }),
    async verify(request) {
      const result = await sandbox.verify?.(request);
      if (!result) throw new Error("no verify");
      const { exitCode, notes, left, stdout, stderr } = result;
      return { said: textOf(stdout), complained: textOf(stderr), exitCode, left: textOf(left), notes };
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Starts something that goes on after its command. */
export const daemon = (loop: string): string =>
  `(setsid sh -c ${quote(`while :; do ${loop}; sleep 0.01; done`)} >/dev/null 2>&1 </dev/null &)`;
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
