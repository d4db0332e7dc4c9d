import PQueue from "p-queue";
import { expect, test } from "vitest";
import { runAssay } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

const oracle = ["run", "-m", "mock/oracle"];

const CASES: [what: string, args: string[]][] = [
  ["an unknown command", ["rnu"]],
  ["an unknown option", ["run", "--modle", "x"]],
  ["an option without its value", ["run", "-m"]],
  ["an unknown kind of listing", ["list", "taskz"]],
  ["no kind of listing", ["list"]],
  ["a word too many", ["list", "tasks", "all"]],
  ["two options that exclude each other", ["inspect", "basics", "--json", "--request"]],
  ["an unknown command of a command", ["sandbox", "prun"]],
  ["an unknown option of a command's command", ["sandbox", "prune", "--jsno"]],
  ["a look at what would be pruned of sandboxes", ["sandbox", "prune", "--dry-run"]],
  ["an age of sandboxes", ["sandbox", "prune", "--older-than", "7d"]],
  ["a folder of sandboxes", ["sandbox", "prune", "runs"]],
  ["a host of snapshots", ["sandbox", "prune", "--snapshots", "--docker-host", "tcp://box:2376"]],
  ["an age without a unit", ["sandbox", "prune", "--snapshots", "--older-than", "7"]],
  ["no model", ["run", "-t", "basics"]],
  ["no task", oracle],
  ["a model without a provider", ["run", "-m", "oracle", "-t", "basics"]],
  ["an unknown provider", ["run", "-m", "mok/oracle", "-t", "./sums.ts"]],
  ["an unknown mock model", ["run", "-m", "mock/oracel", "-t", "./sums.ts"]],
  ["an unknown task", [...oracle, "-t", "basic"]],
  ["an unknown variant", [...oracle, "-t", "gsm8k:8shots"]],
  ["an unknown harness", [...oracle, "-t", "./sums.ts", "-H", "agnet"]],
  ["an unknown sandbox", [...oracle, "-t", "basics", "--sandbox", "dokcer"]],
  ["an unknown instance", [...oracle, "-t", "./sums.ts", "--instance", "s11"]],
  ["an unknown setting", [...oracle, "-t", "./sums.ts", "-o", "sampling.temprature=1"]],
  ["a setting of the wrong type", [...oracle, "-t", "./sums.ts", "-o", "limits.turns=many"]],
  ["a word for a number", [...oracle, "-t", "./sums.ts", "-n", "x"]],
  ["a number out of range", [...oracle, "-t", "./sums.ts", "-n", "0"]],
  ["an amount out of range", [...oracle, "-t", "./sums.ts", "--max-cost", "0"]],
  ["a speed out of range", ["replay", "none", "--speed", "0"]],
  ["a time that is none", [...oracle, "-t", "./sums.ts", "--max-time", "soon"]],
  ["a file that is not there", [...oracle, "-t", "./no.ts"]],
  ["data that is not there", [...oracle, "-t", "gsm8k", "-o", "data=rows.jsonl"]],
  ["a run that is not there", ["run", "--resume", "runs/none"]],
  ["a replay of a run that is not there", ["replay", "none"]],
];

test("every bad input is one line with what to do, exit code 2, and nothing written", { timeout: 120_000 }, async () => {
  const queue = new PQueue({ concurrency: 3 });
  const lines = await queue.addAll(
    CASES.map(([what, args]) => async () => {
      const files = sumsTask();
      const result = await runAssay(files, args);
      expect({ what, ...result, lines: result.stderr.split("\n").length - 1 }).toMatchObject({
        what,
        code: 2,
        stdout: "",
        files,
        lines: 1,
      });
      return `${what}: ${result.stderr.trim()}`;
    }),
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "an unknown command: assay: There is no command "rnu". Did you mean run? [usage/unknown-name]",
      "an unknown option: assay: There is no option --modle. Did you mean --model? [usage/unknown-name]",
      "an option without its value: assay: -m, --model <provider/model>: the value is missing. See: assay run --help [usage/bad-option]",
      "an unknown kind of listing: assay: There is no list "taskz". Did you mean tasks? [usage/unknown-name]",
      "no kind of listing: assay: <kind> is missing. See: assay list --help [usage/bad-option]",
      "a word too many: assay: There are too many words: expected 1, got 2: tasks, all. See: assay list --help [usage/bad-option]",
      "two options that exclude each other: assay: --request cannot be used with --json. See: assay inspect --help [usage/bad-option]",
      "an unknown command of a command: assay: There is no command "prun". Did you mean prune? [usage/unknown-name]",
      "an unknown option of a command's command: assay: There is no option --jsno. Did you mean --json? [usage/unknown-name]",
      "a look at what would be pruned of sandboxes: assay: --dry-run: only --snapshots takes it. Add --snapshots, or leave it out: sandboxes whose owner is dead are then removed at once. [usage/bad-option]",
      "an age of sandboxes: assay: --older-than 7d: only --snapshots takes it. Add --snapshots, or leave it out: sandboxes whose owner is dead are then removed at once. [usage/bad-option]",
      "a folder of sandboxes: assay: the folder runs: only --snapshots takes it. Add --snapshots, or leave it out: sandboxes whose owner is dead are then removed at once. [usage/bad-option]",
      "a host of snapshots: assay: --docker-host tcp://box:2376: snapshots are in run folders and on no host. Leave it out, or leave --snapshots out. [usage/bad-option]",
      "an age without a unit: assay: --older-than 7: expected a time with its unit, such as 7d or 12h. [usage/bad-option]",
      "no model: assay: No model was given. Add -m MODEL, for example -m mock/oracle. [usage/bad-option]",
      "no task: assay: No task was given. Add -t TASK, for example -t basics. See them with: assay list tasks [usage/bad-option]",
      "a model without a provider: assay: A model is written provider/model, not "oracle". For example: -m mock/oracle [usage/bad-option]",
      "an unknown provider: assay: There is no provider "mok". Did you mean mock? (assay list models) [usage/unknown-name]",
      "an unknown mock model: assay: There is no model mock/oracel. Did you mean mock/oracle? [usage/unknown-name]",
      "an unknown task: assay: There is no task or suite "basic". Did you mean basics? (assay list tasks) [usage/unknown-name]",
      "an unknown variant: assay: Task gsm8k has no variant "8shots". Did you mean 8shot? [usage/unknown-name]",
      "an unknown harness: assay: There is no harness "agnet". Did you mean agent? (assay list harnesses) [usage/unknown-name]",
      "an unknown sandbox: assay: There is no sandbox "dokcer". Did you mean docker? (assay list sandboxes) [usage/unknown-name]",
      "an unknown instance: assay: Task sums has no instance "s11". Did you mean s1? (assay inspect sums) [usage/unknown-name]",
      "an unknown setting: assay: -o sampling.temprature=…: there is no setting "sampling.temprature". Did you mean sampling.temperature? [usage/bad-override]",
      "a setting of the wrong type: assay: -o limits.turns=many: Invalid input: expected number, received string. Values are JSON; text needs no quotes. For example: -o limits.turns=20 [usage/bad-override]",
      "a word for a number: assay: -n x: expected a whole number from 1. See: assay run --help [usage/bad-option]",
      "a number out of range: assay: -n 0: expected a whole number from 1. See: assay run --help [usage/bad-option]",
      "an amount out of range: assay: --max-cost 0: expected a number above 0. See: assay run --help [usage/bad-option]",
      "a speed out of range: assay: --speed 0: expected a number above 0. [usage/bad-option]",
      "a time that is none: assay: --max-time soon: expected a time such as 90s, 30m or 2h. See: assay run --help [usage/bad-option]",
      "a file that is not there: assay: There is no file ./no.ts. Check the path; it is relative to the current folder. [config/not-loadable]",
      "data that is not there: assay: There is no file rows.jsonl. Check the path given with -o data=PATH. [data/not-found]",
      "a run that is not there: assay: There is no run "runs/none", neither as a folder nor in runs/. Give the run's folder. [run/not-found]",
      "a replay of a run that is not there: assay: There is no run "none", neither as a folder nor in runs/. Give the run's folder. [run/not-found]",
    ]
  `);
});

test("a missing key is said before anything is written", async () => {
  const files = sumsTask();
  const result = await runAssay(files, ["run", "-m", "openai/gpt-4o", "-t", "./sums.ts"]);

  expect(result.stderr).toMatchInlineSnapshot(`
    "assay: openai/gpt-4o needs a key in OPENAI_API_KEY, which is not set. export OPENAI_API_KEY=… [model/unauthorized]
    "
  `);
  expect(result.files).toEqual(files);
});
