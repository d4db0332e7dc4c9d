/** Trials of 20 tool calls, 8 at once, everything recorded, beside the same containers and commands by plain dockerode, and beside Inspect AI. */
import { join } from "node:path";
import { runCommands } from "./commands.ts";
import { execOnce, openBareShell, openEngines, type PlainEngine } from "./plain-engine.ts";
import { runProcess } from "./process.ts";
import { interruptible, median, numberFrom, print, printMachine, quantile, scratchFolder } from "./report.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 3);
const TRIALS = numberFrom("BENCH_TRIALS", 200);
/** A peer takes many times as long; its rate needs no more. */
const PEER_TRIALS = numberFrom("BENCH_PEER_TRIALS", 24);
const WARM_UP_TRIALS = 16;
const CALLS = numberFrom("BENCH_CALLS", 20);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 8);
const COMMAND = "/bin/true";
const INSPECT = "Inspect AI";

interface Side {
  name: string;
  trials: number;
  /** Resolves with what else is worth a word. */
  run(trials: number): Promise<{ wallMs: number; note?: string }>;
}

await interruptible(async (signal) => {
  await using scratch = await scratchFolder();
  printMachine();
  print(`${TRIALS} trials × ${CALLS} calls of ${COMMAND}, ${CONCURRENCY} at once`);
  await using scope = new AsyncDisposableStack();
  const engines = (await openEngines(signal)).map((engine) => scope.use(engine));
  const sides = [
    ...engines.flatMap((engine) => sidesOf(engine, scratch.path, signal)),
    ...(await inspectSide(engines[0], scratch.path, signal)),
  ];
  const rates = new Map(sides.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, trials, run } of sides) {
      signal.throwIfAborted();
      const count = round === 0 ? Math.min(trials, WARM_UP_TRIALS) : trials;
      const { wallMs, note = "" } = await run(count);
      const rate = (count / wallMs) * 60_000;
      print(`${round === 0 ? "warm-up" : `round ${round}`}: ${name} ${rate.toFixed(0)} trials/min${note}`);
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  report(rates, engines);
});

function sidesOf(engine: PlainEngine, scratch: string, signal: AbortSignal): Side[] {
  const plain = (way: string, commands: (container: Awaited<ReturnType<PlainEngine["start"]>>) => Promise<void>): Side => ({
    name: `${engine.name} ${way}`,
    trials: TRIALS,
    run: (trials) => plainTrials(engine, trials, commands),
  });
  return [
    plain("floor", async (container) => {
      using shell = await openBareShell(container);
      for (let call = 0; call < CALLS; call++) await shell.run(COMMAND);
    }),
    plain("exec", async (container) => {
      for (let call = 0; call < CALLS; call++) await execOnce(container, [COMMAND]);
    }),
    {
      name: `${engine.name} assay`,
      trials: TRIALS,
      async run(trials) {
        const { wallMs, callMs, probe } = await runCommands({ engine, trials, calls: CALLS, concurrency: CONCURRENCY, scratch, signal });
        const cpuMs = probe.cpuMs / (trials * CALLS);
        const note = `, tool call p50 ${median(callMs).toFixed(2)} p90 ${quantile(callMs, 0.9).toFixed(2)} ms, ${cpuMs.toFixed(2)} ms CPU a call, event loop delay p99 ${probe.delayMs.p99.toFixed(1)} ms`;
        return { wallMs, note };
      },
    },
  ];
}

async function plainTrials(
  engine: PlainEngine,
  trials: number,
  commands: (container: Awaited<ReturnType<PlainEngine["start"]>>) => Promise<void>,
): Promise<{ wallMs: number; note: string }> {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let left = trials;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const container = await engine.start();
      await commands(container);
      await engine.remove(container);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - startedAt, note: `, ${((user + system) / 1000 / (trials * CALLS)).toFixed(2)} ms CPU a call` };
}

/** Inspect AI uses Docker alone, through `docker compose`. */
async function inspectSide(engine: PlainEngine | undefined, scratch: string, signal: AbortSignal): Promise<Side[]> {
  const python = process.env["BENCH_INSPECT_PYTHON"];
  if (engine?.name !== "docker") return [];
  const hasCompose = await runProcess("docker", ["compose", "version"]).then(
    () => true,
    () => false,
  );
  if (python === undefined || !hasCompose) {
    print(
      `skipped: Inspect AI. To measure it: ${hasCompose ? "" : "install the docker compose plugin; "}python3 -m venv VENV && VENV/bin/pip install inspect-ai, then set BENCH_INSPECT_PYTHON=VENV/bin/python`,
    );
    return [];
  }
  const script = new URL("./peers/inspect_commands.py", import.meta.url).pathname;
  const run = async (trials: number) => {
    const words = [script, engine.image, `${trials}`, `${CALLS}`, `${CONCURRENCY}`, join(scratch, "inspect")];
    return runProcess(python, words, { env: engine.variables, signal });
  };
  return [{ name: INSPECT, trials: PEER_TRIALS, run: async (trials) => ({ wallMs: (await run(trials)).wallMs }) }];
}

function report(rates: ReadonlyMap<string, readonly number[]>, engines: readonly PlainEngine[]): void {
  const of = (name: string) => rates.get(name) ?? [];
  for (const [name, values] of rates)
    print(`${name.padEnd(14)} best ${Math.max(...values).toFixed(0)}, median ${median(values).toFixed(0)} trials/min`);
  const ratio = (own: string, other: string, wanted: string): void => {
    if (of(other).length === 0) return;
    const rounds = of(own).map((rate, round) => rate / (of(other)[round] ?? Number.NaN));
    print(
      `${own} / ${other}: of the medians ${(median(of(own)) / median(of(other))).toFixed(2)}, median of the rounds ${median(rounds).toFixed(2)} (wanted: at least ${wanted})`,
    );
  };
  for (const { name } of engines) {
    ratio(`${name} assay`, `${name} floor`, "0.70");
    ratio(`${name} assay`, `${name} exec`, "2.5");
  }
  ratio("docker assay", INSPECT, "10");
}
