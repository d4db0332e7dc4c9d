import { expect, test } from "vitest";
import { runAssay, steady } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

test("a run prints a line a trial on stderr and the results on stdout", async () => {
  const { stdout, stderr, code } = await runAssay(sumsTask({ wrong: [2] }), [
    "run",
    "-m",
    "mock/oracle",
    "-t",
    "./sums.ts",
    "--concurrency",
    "1",
  ]);

  expect(code).toBe(0);
  expect(steady(stderr)).toMatchInlineSnapshot(`
    "<run id>: 3 trials, mock/oracle, harness baseline
    [1/3] s1  completed  exact 1  <time>  1 turn
    [2/3] s2  completed  exact 0  <time>  1 turn
    [3/3] s3  completed  exact 1  <time>  1 turn
    "
  `);
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "mock/oracle · baseline

    task  metric    value  ± stderr  95 % interval  questions  scored
    ─────────────────────────────────────────────────────────────────
    sums  accuracy  0.667     0.333  0.208 – 0.939          3  3 of 3
    ─────────────────────────────────────────────────────────────────

    3 of 3 trials completed, 0 errors, cost $0, tokens 12 in and 7 out, <time>
    run      runs/<run id>
    look at  assay replay runs/<run id> sums/s2/1   exact 0
    "
  `);
});

test("--json prints one document on stdout and nothing else", async () => {
  const { stdout, code, files } = await runAssay(sumsTask(), ["run", "-m", "mock/oracle", "-t", "./sums.ts", "--json"]);

  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    schema: "assay/run@1",
    runs: [
      {
        status: "completed",
        model: "mock/oracle",
        harness: "baseline",
        counts: { planned: 3, completed: 3, error: 0 },
        tasks: [{ spec: "sums", planned: 3, scored: 3, primaryMetric: "accuracy" }],
      },
    ],
  });
  expect(document.runs[0].tasks[0].metrics.accuracy).toMatchObject({ value: 1, n: 3, bounds: { low: 1, high: 1 } });
  expect(JSON.parse(files[`${document.runs[0].path}/metrics.json`] ?? "")).toEqual(document.runs[0]);
});

test("two harnesses in one command give one table with a column each", async () => {
  const bare = { "bare.yaml": "name: bare\nscaffold: direct\nsystemPrompt: Answer with a number.\n" };
  const { stdout, code } = await runAssay({ ...sumsTask(), ...bare }, [
    "run",
    "-m",
    "mock/oracle",
    "-t",
    "./sums.ts",
    "-H",
    "baseline",
    "-H",
    "./bare.yaml",
  ]);

  expect(code).toBe(0);
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "mock/oracle · baseline and bare, value with its 95 % interval and scored of planned

    task  metric    baseline                       bare
    ────────────────────────────────────────────────────────────────────────────
    sums  accuracy  1.000  [0.439, 1.000]  3 of 3  1.000  [0.439, 1.000]  3 of 3
    ────────────────────────────────────────────────────────────────────────────

    baseline: 3 of 3 trials completed, 0 errors, cost $0, tokens 12 in and 6 out, <time>
    run      runs/<run id>
    bare: 3 of 3 trials completed, 0 errors, cost $0, tokens 33 in and 6 out, <time>
    run      runs/<run id>
    "
  `);
});

test("--dry-run shows the first prompt and the counts, and writes nothing", async () => {
  const files = sumsTask();
  const dry = await runAssay(files, ["run", "-m", "openai/gpt-4o", "-t", "./sums.ts", "--epochs", "2", "--dry-run"]);

  expect(dry.code).toBe(0);
  expect(dry.stdout).toMatchInlineSnapshot(`
    "openai/gpt-4o · baseline
    6 trials in 1 task; nothing was run and nothing was written
    input of the first calls: about 12 tokens (characters ÷ 4), cost about $0.00003
    What the model writes, and every further turn, comes on top.

    sums  3 instances × 2 epochs, about 12 tokens of input
    The first prompt, s1:
    user
      1 + 1?

    "
  `);
  expect(Object.keys(dry.files)).toEqual(Object.keys(files));
});

test("--dry-run says that a price is not known", async () => {
  const { stdout } = await runAssay(sumsTask(), ["run", "-m", "openai-compatible/mine", "-t", "./sums.ts", "--dry-run", "--json"], {
    env: { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:1/v1" },
  });

  expect(JSON.parse(stdout)).toMatchObject({ schema: "assay/dry-run@1", runs: [{ trials: 3, inputCostUsdEstimate: null }] });
});

test("--check passes for a sound task and leaves nothing behind", async () => {
  const files = sumsTask();
  const { stdout, code, files: after } = await runAssay(files, ["run", "-t", "./sums.ts", "--check", "--repeat", "2"]);

  expect(stdout).toBe("ok    sums under baseline: oracle 1 and noop 0 on 3 instances, each tried 2 times\n");
  expect(code).toBe(0);
  expect(Object.keys(after)).toEqual(Object.keys(files));
});

test("--check names each instance whose reference solution does not score 1", async () => {
  const { stdout, code } = await runAssay(sumsTask({ wrong: [2] }), ["run", "-t", "./sums.ts", "--check", "--repeat", "2"], {
    env: { TMPDIR: "." },
  });

  expect(code).toBe(1);
  expect(steady(stdout).replace(/assay-check-\w+/g, "<folder>")).toMatchInlineSnapshot(`
    "FAIL  sums under baseline: 1 of 3 instances, each tried 2 times
            s2  oracle 0/2  scored 0: Expected "4".
    kept     <folder>
    look at  assay replay <folder>/<run id> sums/s2/1
    "
  `);
});
