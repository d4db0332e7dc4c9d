/** lm-eval itself makes the file: its fields are what we take them for. */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readOutputs } from "../../src/data/outputs/read-outputs.ts";

const TASK = `
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: questions.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "Q: {{question}}"
doc_to_target: "{{answer}}"
repeats: 2
generation_kwargs: {until: ["\\n"]}
metric_list: [{metric: exact_match}]
filter_list:
  - {name: one, filter: [{function: take_first}]}
  - {name: two, filter: [{function: take_first}]}
`;

function hasLmEval(): boolean {
  try {
    execFileSync("python3", ["-c", "import lm_eval"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

// Its stand-in for a model answers "lol" to everything.
test.skipIf(!hasLmEval())("samples that lm-eval writes here are read (python3 must have lm_eval)", { timeout: 180_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-lm-eval-"));
  await writeFile(join(folder.path, "sums.yaml"), TASK);
  await writeFile(join(folder.path, "questions.jsonl"), '{"question": "1+1?", "answer": "2"}\n{"question": "Say lol.", "answer": "lol"}\n');
  const words = "-m lm_eval --model dummy --tasks sums --include_path . --log_samples --output_path out".split(" ");
  execFileSync("python3", words, {
    cwd: folder.path,
    stdio: "ignore",
    env: { ...process.env, HF_HOME: join(folder.path, "hf"), HF_HUB_OFFLINE: "1" },
  });
  const [samples = ""] = globSync("out/**/samples_sums_*.jsonl", { cwd: folder.path });
  const shared = { namedBy: "position", output: "lol" };
  const first = {
    ...shared,
    position: 0,
    question: "1+1?",
    prompt: "Q: 1+1?",
    reference: "2",
    scores: { "exact_match,one": 0 },
    place: "line 1",
  };
  const second = {
    ...shared,
    position: 1,
    question: "Say lol.",
    prompt: "Q: Say lol.",
    reference: "lol",
    scores: { "exact_match,one": 1 },
    place: "line 2",
  };
  expect(await Array.fromAsync(readOutputs(join(folder.path, samples)))).toEqual([first, first, second, second]);
});
