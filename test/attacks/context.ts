/** What the attacks are given, and what must hold beside every one of them. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect } from "vitest";
import { AssayError, type ExecResult, type Sandbox, type SandboxCapabilities, type SandboxSpecInput } from "../../src/index.ts";

export interface AttackContext {
  /** The backend's name, as `--sandbox` takes it, and the variables with which the command line finds the same engine. */
  name: string;
  environment: Record<string, string>;
  capabilities: SandboxCapabilities;
  /** What the engine itself shuts to nobody, of the ways into the kernel and of the system calls that `kernel.ts` tries. */
  leftOpen: { openings: readonly string[]; calls: readonly string[] };
  /** A sandbox that many attacks use; one that breaks or fills it takes its own. */
  shared(): Sandbox;
  /** A sandbox of the attack's own; the attack disposes of it. */
  start(spec?: SandboxSpecInput): Promise<Sandbox>;
  /** Another trial's sandbox, which no attack touches. */
  neighbour(): Sandbox;
}

/** The machine may be busy with other tests: far above what a command takes, far below what a harness that hangs would. */
const MAX_NEIGHBOUR_MS = 20_000;
const MAX_LOOP_DELAY_MS = 3_000;
const MAX_REMOVAL_MS = 30_000;

/** Runs an attack while the neighbour works command after command: it gets its answers, and this process stays responsive. */
export async function beside<T>({ neighbour }: AttackContext, attack: () => Promise<T>): Promise<T> {
  using delay = loopDelay();
  const state = { isOver: false };
  const attacking = attack().finally(() => (state.isOver = true));
  attacking.catch(() => undefined);
  let rounds = 0;
  while (!state.isOver || rounds === 0) {
    const result = await neighbour().exec(`echo ${rounds} > round; cat round`);
    expect([text(result.stdout), result.exitCode]).toEqual([`${rounds}\n`, 0]);
    expect(result.durationMs).toBeLessThan(MAX_NEIGHBOUR_MS);
    rounds += 1;
  }
  const outcome = await attacking;
  expect(delay.maxMs()).toBeLessThan(MAX_LOOP_DELAY_MS);
  return outcome;
}

function loopDelay(): { maxMs(): number } & Disposable {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  return { maxMs: () => histogram.max / 1e6, [Symbol.dispose]: () => void histogram.disable() };
}

/** What a command came to: its result, or the code of the typed error of a sandbox that it broke. Any other error fails the test. */
export async function honest(command: Promise<ExecResult>): Promise<ExecResult | string> {
  try {
    return await command;
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    expect(["sandbox/gone", "sandbox/failed", "sandbox/channel"]).toContain(error.code);
    return error.code;
  }
}

/** After an attack on a sandbox: it answers, or says that it is gone; and it can be removed. */
export async function expectAnswerOrEnd(sandbox: Sandbox): Promise<void> {
  const outcome = await honest(sandbox.exec("echo alive", { timeoutMs: 15_000 }));
  if (typeof outcome !== "string" && !outcome.timedOut && outcome.exitCode === 0) expect(text(outcome.stdout)).toBe("alive\n");
  const startedAt = performance.now();
  await sandbox[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(MAX_REMOVAL_MS);
}

/** Output as text, whatever its bytes. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** Runs a Python program and returns what it printed. */
export async function python(sandbox: Sandbox, program: string, options: { user?: string } = {}): Promise<string> {
  const result = await sandbox.exec(["python3", "-c", program], { timeoutMs: 30_000, ...options });
  return text(result.stdout) + text(result.stderr);
}
