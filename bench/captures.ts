/** What it costs to tell what each step of a trial changed: the time of its captures and the processor time in its container, by how fast the model is. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import docker from "../sandboxes/docker.ts";
import podman from "../sandboxes/podman.ts";
import { sandboxSpecSchema, type Sandbox } from "../src/index.ts";
import { completion, standIn, type Answer } from "../test/models/stand-in.ts";
import { ASSAY, runProbed } from "./engine.ts";
import { openEngines, type PlainEngine } from "./plain-engine.ts";
import { interruptible, median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 3);
const CALLS = numberFrom("BENCH_CALLS", 20);
const LISTINGS = 20;
/** How long the model thinks. */
const LATENCIES_MS = [1_000, 0];
const COMMAND = "echo $RANDOM$$ >> notes.txt";
const LIST = { maxEntries: 20_000, timeoutMs: 10_000 };
const BACKENDS = new Map([docker, podman].map((backend) => [backend.name, backend]));

const task = new URL("./commands.task.ts", import.meta.url).pathname;
const resultSchema = z.object({ runs: z.tuple([z.object({ path: z.string(), counts: z.object({ completed: z.number() }) })]) });
const eventSchema = z.object({
  type: z.string(),
  phase: z.string().optional(),
  skipped: z.string().optional(),
  durationMs: z.number().optional(),
  cpuMs: z.number().nullish(),
});

await interruptible(async (signal) => {
  printMachine();
  for (const engine of await openEngines(signal)) {
    await using _engine = engine;
    print(`\n${engine.name} ${engine.version}, ${engine.image}, ${CALLS} calls a trial`);
    await measureListings(engine, signal);
    for (const latencyMs of LATENCIES_MS) await measureTrials(engine, latencyMs, signal);
  }
});

/** Processor time inside, of each kind of listing alone. */
async function measureListings(engine: PlainEngine, signal: AbortSignal): Promise<void> {
  const definition = BACKENDS.get(engine.name);
  if (!definition) throw new Error(`there is no sandbox ${engine.name}`);
  Object.assign(process.env, engine.variables);
  await using backend = await definition.open();
  await using sandbox = await backend.start(sandboxSpecSchema.parse({ image: engine.image }), {
    owner: { runId: "bench", trialId: "bench", attempt: 1 },
    signal,
  });
  const since = await sandbox.listFiles([sandbox.workdir], LIST);
  const nothing = await costOf(sandbox, () => sandbox.exec(["true"]));
  const folder = await costOf(sandbox, () => sandbox.listFiles([sandbox.workdir], LIST));
  const root = await costOf(sandbox, () => sandbox.listFiles(["/"], { ...LIST, changedSinceMs: since.takenAtMs }));
  print(
    `CPU inside, of each: a command ${nothing.cpuMs} ms, a listing of the work folder ${folder.cpuMs} ms (${folder.wallMs} ms on the clock), of the root ${root.cpuMs} ms (${root.wallMs} ms)`,
  );
}

async function costOf(sandbox: Sandbox, action: () => Promise<unknown>): Promise<{ cpuMs: string; wallMs: string }> {
  const cpuMs = async () => (await sandbox.usage?.())?.cpuMs ?? Number.NaN;
  await action();
  const [before, startedAt] = [await cpuMs(), performance.now()];
  for (let time = 0; time < LISTINGS; time += 1) await action();
  const wallMs = (performance.now() - startedAt) / LISTINGS;
  return { cpuMs: (((await cpuMs()) - before) / LISTINGS).toFixed(1), wallMs: wallMs.toFixed(1) };
}

async function measureTrials(engine: PlainEngine, latencyMs: number, signal: AbortSignal): Promise<void> {
  await using scratch = await scratchFolder();
  const rounds: Costs[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    signal.throwIfAborted();
    await using model = await standIn(replies(latencyMs));
    const costs = await runTrial(engine, model.url, scratch.path, signal);
    const { trialMs, startMs, stepMs, steps, endMs, containerCpuMs, harnessCpuMs } = costs;
    print(
      `${round === 0 ? "warm-up" : `round ${round}`}: model ${latencyMs} ms: trial ${trialMs.toFixed(0)} ms; captures: start ${startMs.toFixed(0)} ms, ${steps} steps ${stepMs.toFixed(0)} ms (start and steps ${percent(startMs + stepMs, trialMs)}), end ${endMs.toFixed(0)} ms; CPU: container ${containerCpuMs.toFixed(0)} ms, harness ${harnessCpuMs.toFixed(0)} ms, program start included`,
    );
    if (round > 0) rounds.push(costs);
  }
  const share = median(rounds.map(({ startMs, stepMs, trialMs }) => (startMs + stepMs) / trialMs));
  const all = median(rounds.map(({ startMs, stepMs, endMs, trialMs }) => (startMs + stepMs + endMs) / trialMs));
  print(
    `model ${latencyMs} ms: median of the rounds: start and steps ${percent(share, 1)} of the trial (wanted: at most 5 % where there are steps), the end too ${percent(all, 1)}`,
  );
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

interface Costs {
  trialMs: number;
  startMs: number;
  steps: number;
  stepMs: number;
  endMs: number;
  containerCpuMs: number;
  harnessCpuMs: number;
}

async function runTrial(engine: PlainEngine, baseURL: string, scratch: string, signal: AbortSignal): Promise<Costs> {
  const out = join(scratch, "runs");
  const words = ["run", "-m", "openai-compatible/m", "-t", task, "--sandbox", engine.name, "-o", `provider.baseURL=${baseURL}`];
  const job = { trials: 1, calls: CALLS, image: engine.image, files: { "notes.txt": "begin\n" } };
  const env = { ...engine.variables, BENCH_COMMANDS: JSON.stringify(job) };
  const { stdout, probe } = await runProbed(ASSAY, [...words, "--out", out, "--json"], scratch, { env, signal });
  const [{ path, counts }] = resultSchema.parse(JSON.parse(stdout)).runs;
  if (counts.completed !== 1) throw new Error("the trial was not completed");
  const file = (await readdir(join(path, "traces"))).find((name) => name.endsWith(".jsonl")) ?? "";
  const lines = (await readFile(join(path, "traces", file), "utf8")).split("\n").filter((line) => line !== "");
  await rm(out, { recursive: true });
  const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
  const captures = (phase: string) => events.filter((event) => event.type === "sandbox.files" && event.phase === phase);
  const sum = (phase: string) => captures(phase).reduce((total, { durationMs = 0 }) => total + durationMs, 0);
  return {
    trialMs: events.find(({ type }) => type === "trial.end")?.durationMs ?? Number.NaN,
    startMs: sum("start"),
    steps: captures("step").filter(({ skipped }) => skipped === undefined).length,
    stepMs: sum("step"),
    endMs: sum("end"),
    containerCpuMs: events.find(({ type }) => type === "sandbox.end")?.cpuMs ?? Number.NaN,
    harnessCpuMs: probe.cpuMs,
  };
}

/** What a model says that asks for the command in each turn, after some time, and submits after the last. */
function replies(latencyMs: number): Answer[] {
  const command = { name: "bash", arguments: JSON.stringify({ command: COMMAND }) };
  const calls = [...Array.from({ length: CALLS }, () => command), { name: "submit", arguments: '{"answer":"1"}' }];
  return calls.map((call, index) => ({ delayMs: latencyMs, body: completion(null, [{ id: `c${index + 1}`, ...call }]) }));
}
