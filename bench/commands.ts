/** Runs `assay run` on trials that do nothing but run commands in sandboxes, and reads what its traces say of them. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ASSAY, runProbed, type ProbedRun } from "./engine.ts";
import type { PlainEngine } from "./plain-engine.ts";

export interface CommandsJob {
  engine: PlainEngine;
  trials: number;
  /** Tool calls of each trial. */
  calls: number;
  concurrency: number;
  /** A folder for the run and the probe's report. */
  scratch: string;
  signal: AbortSignal;
}

export interface CommandsRun extends ProbedRun {
  /** Milliseconds from each `tool.call` to its `tool.result`. */
  callMs: number[];
  /** `Date.now()` at the end of each trial, in their order. */
  endedAt: number[];
}

const task = new URL("./commands.task.ts", import.meta.url).pathname;
const resultSchema = z.object({
  runs: z.tuple([z.object({ path: z.string(), counts: z.object({ planned: z.number(), completed: z.number() }) })]),
});
const eventSchema = z.object({ type: z.string(), t: z.number(), name: z.string().optional() });
const rowSchema = z.object({ startedAt: z.string(), durationMs: z.number() });

/** Throws where a trial did not complete. */
export async function runCommands({ engine, trials, calls, concurrency, scratch, signal }: CommandsJob): Promise<CommandsRun> {
  const out = join(scratch, "runs");
  const words = ["run", "-m", "mock/oracle", "-t", task, "--sandbox", engine.name, "--concurrency", `${concurrency}`];
  const env = { ...engine.variables, BENCH_COMMANDS: JSON.stringify({ trials, calls, image: engine.image }) };
  const ended = await runProbed(ASSAY, [...words, "--out", out, "--json"], scratch, { env, signal });
  const [{ path, counts }] = resultSchema.parse(JSON.parse(ended.stdout)).runs;
  if (counts.completed !== trials) throw new Error(`${counts.completed} of ${trials} trials were completed`);
  const callMs = await toolCallMs(join(path, "traces"));
  if (callMs.length !== trials * calls) throw new Error(`the traces hold ${callMs.length} tool calls of ${trials * calls}`);
  const rows = (await readLines(join(path, "predictions.jsonl"))).map((line) => rowSchema.parse(JSON.parse(line)));
  await rm(out, { recursive: true });
  return { ...ended, callMs, endedAt: rows.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs).sort((a, b) => a - b) };
}

/** Of the commands; the call that submits runs none. */
async function toolCallMs(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".jsonl"))) {
    let begun: number | undefined;
    for (const line of await readLines(join(folder, file))) {
      const { type, t, name } = eventSchema.parse(JSON.parse(line));
      if (type === "tool.call") begun = name === "bash" ? t : undefined;
      if (type === "tool.result" && begun !== undefined) found.push(t - begun);
    }
  }
  return found;
}

async function readLines(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
}
