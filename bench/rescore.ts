/** Judges every trial of a stored run again, beside a bare AI SDK loop that sends such a judge's messages. The judge answers at once. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { judgeReplySchema } from "../src/core/judge-reply.ts";
import type { JudgedTrial } from "../src/core/judge.ts";
import { Conversation } from "../src/models/prompt.ts";
import { answerSchemaOf, newBoundary, renderPrompt } from "../src/scoring/judging/render-prompt.ts";
import { readLines } from "../src/store/lines.ts";
import { headOf } from "../src/store/score-pass.ts";
import { runBareLoop } from "./bare-loop.ts";
import { compareRates } from "./compare-rates.ts";
import { ASSAY, peakMiB, residentMiB, runProbed, type ProbedRun } from "./engine.ts";
import { judged, rowOf } from "./judged.task.ts";
import { runProcess } from "./process.ts";
import { median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";
import { startServer } from "./server.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 5);
const TRIALS = numberFrom("BENCH_TRIALS", 10_000);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 64);
/** Requests between two marks of the server. */
const MARK_EVERY = 1000;

const VERDICT = {
  explanation:
    "The reference says so many apples, and the submission ends with the same number. Both count boxes, and neither leaves any out.",
  verdict: "correct",
};

const task = new URL("./judged.task.ts", import.meta.url).pathname;

await using scratch = await scratchFolder();
await using server = await startServer({ answer: JSON.stringify(VERDICT) });
const { baseURL } = server;
printMachine();
const path = await madeRun();
print(`${TRIALS} stored trials, ${CONCURRENCY} calls at once`);

const passes: { run: ProbedRun; first: FirstVerdict; marks: number[] }[] = [];
const rounds = await compareRates({
  server,
  requests: TRIALS,
  rounds: ROUNDS,
  bare: async () => runBareLoop({ baseURL, calls: TRIALS, concurrency: CONCURRENCY, options: [await judgeCall()], scratch: scratch.path }),
  async assay() {
    const startedAt = Date.now();
    const run = await rescore();
    passes.push({ run, first: await firstVerdict(startedAt), marks: (await server.stats()).marks });
    return run;
  },
  afterRound: (round) => (round < ROUNDS ? removePass() : Promise.resolve()),
  wanted: 0.5,
});
const counted = passes.slice(1);
const medianOf = (value: (pass: (typeof passes)[number]) => number) => median(counted.map(value)).toFixed(0);
print(`event loop delay p99  median ${median(rounds.map(({ delayMs }) => delayMs.p99)).toFixed(1)} ms`);
print(
  `first verdict  median ${medianOf(({ first }) => first.sincePlanMs)} ms after the plan was made (wanted: under 500), ${medianOf(({ first }) => first.sinceStartMs)} ms after the process was started`,
);
for (const at of [MARK_EVERY, 10_000, 100_000].filter((count) => count <= TRIALS))
  print(
    `memory  at verdict ${at}: median ${medianOf(({ run, marks }) => residentMiB(run.probe, marks[at / MARK_EVERY - 1] ?? Number.NaN))} MiB`,
  );
print(`memory  peak: median ${medianOf(({ run }) => peakMiB(run.probe))} MiB`);

await server.reset();
const again = await rescore();
print(`the same again: ${(await server.stats()).requests} requests, ${(again.wallMs / 1000).toFixed(2)} s (wanted: 0 requests)`);

/** A run whose trials no judge was asked about yet. */
async function madeRun(): Promise<string> {
  const out = join(scratch.path, "runs");
  await runProcess(process.execPath, [ASSAY, "run", "-m", "mock/oracle", "-t", task, "--judge", "none", "--out", out, "--json"]);
  const [name = ""] = await readdir(out);
  return join(out, name);
}

function rescore(): Promise<ProbedRun> {
  const judge = `openai-compatible/m?concurrency=${CONCURRENCY}&baseURL=${encodeURIComponent(baseURL)}`;
  return runProbed(ASSAY, ["rescore", path, "--scorer", judged.name, "--judge", judge], scratch.path);
}

async function removePass(): Promise<void> {
  for (const folder of ["scores", "verdicts"]) await rm(join(path, folder), { recursive: true });
}

interface FirstVerdict {
  /** From the moment at which the pass knew what it is over to the arrival of its first reply. */
  sincePlanMs: number;
  sinceStartMs: number;
}

async function firstVerdict(startedAt: number): Promise<FirstVerdict> {
  const [pass = ""] = await readdir(join(path, "scores"));
  const head = await headOf(join(path, "scores", pass));
  const [line] = await Array.fromAsync(readLines(join(path, "verdicts", pass), { bytes: 16_384 }));
  const at = Date.parse(judgeReplySchema.parse(JSON.parse(line?.text ?? "null")).at);
  return { sincePlanMs: at - Date.parse(head?.createdAt ?? ""), sinceStartMs: at - startedAt };
}

/** One call as the judge's client makes it. */
async function judgeCall(): Promise<LanguageModelV4CallOptions> {
  const { id, question, reference, answer } = rowOf(0);
  const trial: JudgedTrial<{ question: string; reference: string }> = {
    instance: { id, data: { question, reference } },
    question,
    reference,
    output: answer,
    opponent: null,
    transcript: () => Promise.resolve([]),
  };
  const [asked] = await judged.judge.ask(trial, []);
  if (!asked) throw new Error("the judge asks nothing");
  return {
    prompt: new Conversation().extend(renderPrompt(asked, newBoundary())),
    responseFormat: { type: "json", name: "answer", schema: answerSchemaOf(asked.answer) },
  };
}
