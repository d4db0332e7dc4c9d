/** What a tool call of an agent costs, beside the engine's own exec and a bare shell; commands in parallel; files. */
import { buffer } from "node:stream/consumers";
import type { Container } from "dockerode";
import { extract, pack } from "tar-stream";
import { Readable } from "node:stream";
import docker from "../sandboxes/docker.ts";
import podman from "../sandboxes/podman.ts";
import { sandboxSpecSchema, type Sandbox, type SandboxDefinition } from "../src/index.ts";
import { runCommands } from "./commands.ts";
import { execOnce, openBareShell, openEngines, type PlainEngine } from "./plain-engine.ts";
import { interruptible, median, numberFrom, print, printMachine, quantile, scratchFolder } from "./report.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 5);
const CALLS = numberFrom("BENCH_CALLS", 100);
const AT_ONCE = 8;
const KIB = 1024;
const BACKENDS = new Map<string, SandboxDefinition>([docker, podman].map((backend) => [backend.name, backend]));

/** One comparison: so many times each, in every round. */
interface Pair {
  name: string;
  /** The engine's. */
  plain: { times: number; run(): Promise<void> };
  /** Ours. */
  own: { times: number; run(): Promise<void> };
  /** At most this share of the engine's time. */
  wanted: number;
}

await interruptible(async (signal) => {
  printMachine();
  for (const engine of await openEngines(signal)) {
    await using _engine = engine;
    print(`\n${engine.name} ${engine.version}, ${engine.image}`);
    await measureCalls(engine, signal);
    await measurePairs(engine, signal);
  }
});

async function timed(action: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

async function repeated(times: number, action: () => Promise<void>, signal: AbortSignal): Promise<number[]> {
  const all: number[] = [];
  for (let time = 0; time < times; time++) {
    signal.throwIfAborted();
    all.push(await timed(action));
  }
  return all;
}

async function measureCalls(engine: PlainEngine, signal: AbortSignal): Promise<void> {
  await using scratch = await scratchFolder();
  const container = await engine.start();
  using shell = await openBareShell(container);
  const all: { exec: number[]; shell: number[]; assay: number[] } = { exec: [], shell: [], assay: [] };
  const ratios: { exec: number; floor: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const exec = await repeated(Math.ceil(CALLS / 3), () => execOnce(container, ["/bin/true"]), signal);
    const bare = await repeated(CALLS, () => shell.run("/bin/true"), signal);
    const assay = await runCommands({ engine, trials: 1, calls: CALLS, concurrency: 1, scratch: scratch.path, signal });
    const figures = `exec ${p50p90(exec)} | bare shell ${p50p90(bare)} | assay ${p50p90(assay.callMs)} ms, ${(assay.probe.cpuMs / CALLS).toFixed(1)} ms CPU a call, start-up included`;
    print(`${round === 0 ? "warm-up" : `round ${round}`}: ${figures}`);
    if (round === 0) continue;
    all.exec.push(...exec);
    all.shell.push(...bare);
    all.assay.push(...assay.callMs);
    ratios.push({ exec: median(exec) / median(assay.callMs), floor: median(bare) });
  }
  await engine.remove(container);
  const [exec, bare, own] = [median(all.exec), median(all.shell), median(all.assay)];
  print(`engine's exec p50/p90 ${p50p90(all.exec)} ms, bare shell ${p50p90(all.shell)} ms, assay's tool call ${p50p90(all.assay)} ms`);
  print(
    `tool call: 1/${(exec / own).toFixed(1)} of the engine's exec, median of the rounds 1/${median(ratios.map((ratio) => ratio.exec)).toFixed(1)} (wanted: at most 1/10); ${(own / bare).toFixed(1)} × the bare shell, at most 3 × + 2 ms = ${(3 * bare + 2).toFixed(1)} ms is wanted`,
  );
}

function p50p90(values: readonly number[]): string {
  return `${median(values).toFixed(2)}/${quantile(values, 0.9).toFixed(2)}`;
}

/** The engine's way in a plain container, ours in a sandbox of the backend. */
async function measurePairs(engine: PlainEngine, signal: AbortSignal): Promise<void> {
  const definition = BACKENDS.get(engine.name);
  if (!definition) throw new Error(`there is no sandbox ${engine.name}`);
  Object.assign(process.env, engine.variables);
  await using backend = await definition.open();
  const container = await engine.start();
  await using sandbox = await backend.start(sandboxSpecSchema.parse({ image: engine.image }), {
    owner: { runId: "bench", trialId: "bench", attempt: 1 },
    signal,
  });
  for (const pair of pairs(container, sandbox)) {
    const all: { plain: number[]; own: number[] } = { plain: [], own: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const plain = await repeated(pair.plain.times, pair.plain.run, signal);
      const own = await repeated(pair.own.times, pair.own.run, signal);
      if (round === 0) continue;
      all.plain.push(...plain);
      all.own.push(...own);
    }
    const ratio = median(all.own) / median(all.plain);
    print(
      `${pair.name}: engine p50/p90 ${p50p90(all.plain)} ms, assay ${p50p90(all.own)} ms: ${ratio.toFixed(3)} = 1/${(1 / ratio).toFixed(1)} of it (wanted: at most ${pair.wanted.toFixed(3)})`,
    );
  }
  await engine.remove(container);
}

function pairs(container: Container, sandbox: Sandbox): Pair[] {
  const inParallel = (action: () => Promise<unknown>) => async () => void (await Promise.all(Array.from({ length: AT_ONCE }, action)));
  const files = (bytes: number): Pick<Pair, "plain" | "own"> => {
    const content = Buffer.alloc(bytes, "x");
    const times = bytes > KIB * KIB ? 2 : 10;
    return {
      plain: { times, run: () => throughArchive(container, content) },
      own: { times, run: () => throughSandbox(sandbox, content) },
    };
  };
  return [
    {
      name: `${AT_ONCE} commands at once`,
      plain: { times: 3, run: inParallel(() => execOnce(container, ["/bin/true"])) },
      own: { times: 10, run: inParallel(() => sandbox.exec(["/bin/true"])) },
      wanted: 1 / 12,
    },
    { name: "write and read back 1 KiB", ...files(KIB), wanted: 1 / 10 },
    { name: "write and read back 10 MiB", ...files(10 * KIB * KIB), wanted: 1 },
  ];
}

async function throughArchive(container: Container, content: Buffer): Promise<void> {
  const archive = pack();
  archive.entry({ name: "bench.bin" }, content);
  archive.finalize();
  await container.putArchive(await buffer(archive), { path: "/tmp" });
  const tar = await buffer(await container.getArchive({ path: "/tmp/bench.bin" }));
  for await (const entry of Readable.from([tar]).pipe(extract())) check(content, await buffer(entry));
}

async function throughSandbox(sandbox: Sandbox, content: Buffer): Promise<void> {
  await sandbox.writeFile("bench.bin", content);
  check(content, await sandbox.readFile("bench.bin"));
}

function check(written: Buffer, read: Uint8Array): void {
  if (!written.equals(read)) throw new Error(`${written.length} bytes were written, ${read.length} others read`);
}
