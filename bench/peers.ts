/** The whole command on GSM8K beside Inspect AI's and lm-eval's: from its start to its end, everything recorded. */
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { ASSAY, gsm8kWords } from "./engine.ts";
import { runProcess } from "./process.ts";
import { loadQuestions } from "./questions.ts";
import { median, numberFrom, print, printMachine, scratchFolder } from "./report.ts";
import { startServer } from "./server.ts";

const ROUNDS = numberFrom("BENCH_ROUNDS", 5);
const CONCURRENCY = numberFrom("BENCH_CONCURRENCY", 64);

const here = (name: string) => new URL(`./peers/${name}`, import.meta.url).pathname;

await using scratch = await scratchFolder();
await using server = await startServer();
const { path: data, questions, description } = await loadQuestions(scratch.path);
const out = join(scratch.path, "out");
printMachine();
print(`${description}, ${CONCURRENCY} at once`);

interface Side {
  name: string;
  run(): Promise<{ wallMs: number }>;
}

const assay: Side = {
  name: "assay",
  run: () =>
    runProcess(process.execPath, [ASSAY, ...gsm8kWords({ baseURL: server.baseURL, data, out, epochs: 1, concurrency: CONCURRENCY })]),
};

/** A peer is a Python with its package; without the variable that names it, it is skipped. */
async function peer(name: string, variable: string, install: string, run: (python: string) => Promise<Side["run"]>): Promise<Side[]> {
  const python = process.env[variable];
  if (python === undefined) {
    print(`skipped: ${name}. To measure it: python3 -m venv VENV && VENV/bin/pip install ${install}, then set ${variable}=VENV/bin/python`);
    return [];
  }
  await access(python);
  return [{ name, run: await run(python) }];
}

const inspect = await peer(
  "Inspect AI",
  "BENCH_INSPECT_PYTHON",
  "inspect-ai openai",
  async (python) => () => runProcess(python, [here("inspect_gsm8k.py"), data, server.baseURL, join(out, "inspect"), `${CONCURRENCY}`]),
);

const lmEval = await peer("lm-eval", "BENCH_LM_EVAL_PYTHON", "'lm-eval[api]'", async (python) => {
  const tasks = join(scratch.path, "lm-eval-tasks");
  await mkdir(tasks);
  await writeFile(
    join(tasks, "gsm8k.yaml"),
    (await readFile(here("lm_eval_gsm8k.yaml"), "utf8")).replace("test: DATA", `test: ${JSON.stringify(data)}`),
  );
  const model = `model=m,base_url=${server.baseURL}/chat/completions,num_concurrent=${CONCURRENCY},tokenizer_backend=None`;
  const words = [
    "--model",
    "local-chat-completions",
    "--model_args",
    model,
    "--tasks",
    "bench_gsm8k",
    "--include_path",
    tasks,
    "--apply_chat_template",
    "--log_samples",
    "--output_path",
    join(out, "lm-eval"),
  ];
  const env = {
    OPENAI_API_KEY: "none",
    HF_HUB_OFFLINE: "1",
    HF_HOME: join(scratch.path, "hf"),
    PATH: `${dirname(python)}${delimiter}${process.env["PATH"] ?? ""}`,
  };
  return () => runProcess(python, ["-m", "lm_eval", ...words], { env });
});

const sides = [assay, ...inspect, ...lmEval];
const seconds = new Map<string, number[]>(sides.map(({ name }) => [name, []]));

for (let round = 0; round <= ROUNDS; round++) {
  const line: string[] = [];
  for (const side of sides) {
    await mkdir(out, { recursive: true });
    await server.reset();
    const { wallMs } = await side.run();
    const { requests, elapsedMs } = await server.stats();
    if (requests < questions.length) throw new Error(`${side.name}: the server saw ${requests} requests of ${questions.length}`);
    await rm(out, { recursive: true, force: true });
    line.push(`${side.name} ${(wallMs / 1000).toFixed(2)} s (requests ${(elapsedMs / 1000).toFixed(2)} s)`);
    // The first is the warm-up.
    if (round > 0) seconds.get(side.name)?.push(wallMs / 1000);
  }
  print(`${round === 0 ? "warm-up" : `round ${round}`}: ${line.join(" | ")}`);
}

const own = median(seconds.get(assay.name) ?? []);
for (const [name, values] of seconds) {
  const ratio = name === assay.name ? "" : `, assay takes ${(own / median(values)).toFixed(2)} of it`;
  print(`${name.padEnd(10)} best ${Math.min(...values).toFixed(2)} s, median ${median(values).toFixed(2)} s${ratio}`);
}
print("(wanted: at most a sixth, 0.17, of Inspect AI's; below 1 of lm-eval's)");
