import { basename, dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { verdict } from "../analysis/calibration/trials.ts";
import { runAssay, steady } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

type Files = Record<string, string>;
const rowSchema = z.looseObject({
  trialId: z.string(),
  instanceId: z.string(),
  scores: z.array(z.looseObject({ value: z.number().nullable() })),
});
type Row = z.output<typeof rowSchema>;

/** A run over 40 sums; every fourth answer is wrong, and the scorer says so. */
const made = await runAssay(sumsTask({ count: 40, wrong: [4, 8, 12, 16, 20, 24, 28, 32, 36, 40] }), [
  "run",
  "-m",
  "mock/oracle",
  "-t",
  "./sums.ts",
]);
const RUN = dirname(Object.keys(made.files).find((path) => path.endsWith("/run.json")) ?? "");
const numberOf = ({ instanceId }: Row) => Number(instanceId.slice(1));

/** The folder with what the scorer said changed. */
function judged(change: (row: Row) => object): Files {
  const rows = (made.files[`${RUN}/predictions.jsonl`] ?? "").trimEnd().split("\n");
  const changed = rows.map((line) => {
    const row = rowSchema.parse(JSON.parse(line));
    return JSON.stringify({ ...row, scores: [{ name: "exact", ...row.scores[0], ...change(row) }] });
  });
  return { ...made.files, [`${RUN}/predictions.jsonl`]: `${changed.join("\n")}\n` };
}

/** Draws, and has people label by the number of the sum. */
async function labelled(
  files: Files,
  words: readonly string[],
  labelsOf: (n: number) => Record<string, string | number>,
  run = RUN,
): Promise<Files> {
  const drawn = await runAssay(files, ["label", "sample", run, "--file", "drawn.jsonl", ...words]);
  if (drawn.code !== 0) throw new Error(drawn.stderr);
  const sheet = (drawn.files["drawn.jsonl"] ?? "").trimEnd().split("\n");
  const lines = sheet.flatMap((line) => {
    const { trial } = z.object({ trial: z.string() }).parse(JSON.parse(line));
    const labels = labelsOf(Number(/s(\d+)/.exec(trial)?.[1]));
    return Object.entries(labels).map(([labeller, label]) => JSON.stringify({ trial, label, labeller }));
  });
  const { "drawn.jsonl": _drawn, ...rest } = drawn.files;
  const imported = await runAssay({ ...rest, "filled.jsonl": `${lines.join("\n")}\n` }, ["label", "import", run, "filled.jsonl"]);
  if (imported.code !== 0) throw new Error(imported.stderr);
  return imported.files;
}

const calibrate = async (files: Files, words: readonly string[] = []) => runAssay(files, ["calibrate", RUN, "--scorer", "exact", ...words]);
const json = async (files: Files, words: readonly string[] = []) =>
  JSON.parse((await calibrate(files, [...words, "--json"])).stdout) as unknown;

/** Right is what is no multiple of 4; ada takes multiples of 20 for right, too. */
const people = (n: number) => ({ ada: n % 4 === 0 && n % 20 !== 0 ? 0 : 1, bob: n % 4 === 0 ? "wrong" : "correct" });
/** Multiples of 8 are judged right, though they are wrong. */
const lenient = judged((row) => ({ value: numberOf(row) % 8 === 0 || numberOf(row) % 4 !== 0 ? 1 : 0 }));

describe("assay calibrate", () => {
  test("prints how the judge agrees and errs, what people agree on, and the score as judged and corrected", async () => {
    const files = await labelled(lenient, ["-n", "24"], people);
    const { stdout, stderr, code } = await calibrate(files);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "exact  runs/<run id>
      40 judged trials, 24 labelled (labels/people.jsonl)

                               value  95 %             n
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      judge against people
      agreement (po)           0.870  0.679 to 0.955  23  1 tie among people left out
      Cohen's κ                0.511                  23  po 0.870, pe 0.733
      Gwet's AC1               0.824                  23
      Krippendorff's α         0.505                  23
      accuracy                 0.870  0.679 to 0.955  23
      sensitivity              1.000  0.824 to 1.000  18  of what people call right
      specificity              0.400  0.118 to 0.769   5  of what people call wrong
      Youden's J               0.400
      Matthews' correlation    0.586
      people among themselves
      agreement (po)           0.958                  24  ada, bob: no judge can be asked for more
      Krippendorff's α         0.885                  24  po 0.958
      bias
      length, slope                –                      not defined: lengths do not differ, or one side of them has one verdict only
      length, at equal labels      –                      not defined: lengths do not differ, or one side of them has one verdict only
      score
      as judged                0.875  0.771 to 0.979  40
      labels alone             0.771  0.608 to 0.934  24
      corrected, PPI++         0.771  0.618 to 0.923  40  λ 0.269
      corrected, Rogan–Gladen  0.687  0.000 to 1.000      share of right answers
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });
  test("says of uneven samples what cannot be said of them", async () => {
    const files = await labelled(lenient, ["-n", "20", "--by", "value", "--scorer", "exact"], (n) => ({ bob: people(n).bob }));
    const uneven = { refused: "trials were drawn with unequal chances, and the formula is for equal ones" };
    expect(await json(files)).toMatchObject({
      agreement: { interval: uneven, alpha: uneven, po: expect.any(Number), kappa: expect.any(Number) },
      confusion: { intervals: uneven },
      scores: { ppi: { estimate: expect.any(Number), interval: { low: expect.any(Number) } }, roganGladen: uneven },
    });
  });
  test("without labels gives what needs none, and says of the rest how to get it", async () => {
    const { stdout } = await calibrate(made.files);
    expect(stdout).toMatch(/^agreement +– +no trial has a label$/m);
    expect(stdout).toMatch(/^as judged +0\.750 /m);
    expect(stdout).toMatch(/^corrected, PPI\+\+ +– +no trial has a label \(draw some: assay label sample\)$/m);
    expect((await calibrate(made.files, ["--labels", "experts"])).stderr).toBe(
      `assay: ${RUN} has no labels named "experts". Draw trials to label: assay label sample ${RUN} [run/not-found]\n`,
    );
  });
  test("corrects nothing where the run has changed since the trials were drawn", async () => {
    const files = await labelled(lenient, ["-n", "10"], people);
    const rows = (files[`${RUN}/predictions.jsonl`] ?? "").trimEnd().split("\n");
    const shorter = { ...files, [`${RUN}/predictions.jsonl`]: `${rows.slice(1).join("\n")}\n` };
    const refused = "the run has changed since the trials to label were drawn (40 scored then, 39 now)";
    expect(await json(shorter)).toMatchObject({ scores: { ppi: { refused }, roganGladen: { refused } } });
  });
  test("looks at a judge's votes: asked again, beside other judges, and in both orders", async () => {
    const files = judged((row) => {
      const [n, right] = [numberOf(row), numberOf(row) % 4 === 0 ? 0 : 1];
      const strict = n % 3 === 0 ? 0 : right;
      return {
        value: right,
        verdicts: [
          verdict("x/strict", strict, { label: strict === 1 ? "A" : "B" }),
          verdict("x/strict", right, { replicate: 2, label: right === 1 ? "A" : "B" }),
          verdict("x/strict", strict, { order: "swapped", label: "A" }),
          verdict("y/kind", n % 8 === 0 ? 1 : right),
        ],
      };
    });
    const { stdout } = await calibrate(await labelled(files, ["-n", "20"], people));
    const from = stdout.indexOf("judge with itself");
    expect(stdout.slice(from, stdout.indexOf("\nscore"))).toMatchInlineSnapshot(`
      "judge with itself                                   
      agreement (po)           0.750                  40  x/strict
      Krippendorff's α         0.473                  40  po 0.750
      panel                                               
      agreement (po)           0.625                  40  x/strict, y/kind
      Krippendorff's α         0.138                  40  po 0.625
      effective judges         1.508                      of 2; errors correlate by 0.326
      bias                                                
      same in both orders      0.500                  40  x/strict
      first place wins         0.500                  40  whatever stands there
      second place wins        0.000                  40  whatever stands there
      length, slope                –                      the judge compares two answers, and the length of the other one is not on record
      length, at equal labels      –                      the judge compares two answers, and the length of the other one is not on record"
    `);
  });
  test("takes the values of a scoring pass, found by the beginning of its name", async () => {
    const head = { format: 1, pass: "qa-0123456789ab", scorer: "qa", createdAt: "2026-01-02T03:04:05.000Z", hashes: {} };
    const rows = (made.files[`${RUN}/predictions.jsonl`] ?? "")
      .trimEnd()
      .split("\n")
      .map((line) => rowSchema.parse(JSON.parse(line)));
    const lines = rows.map(({ trialId }, index) => ({
      trialId,
      attempt: 1,
      task: "sums",
      score: { name: "qa", value: index < 10 ? 1 : 0, label: index < 10 ? "correct" : "incorrect" },
      durationMs: 1,
    }));
    const pass = [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
    const files = { ...made.files, [`${RUN}/scores/qa-0123456789ab.jsonl`]: pass };
    const { stdout } = await runAssay(files, ["calibrate", RUN, "--scorer", "qa", "--pass", "qa", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ judged: 40, categories: ["incorrect", "correct"], scores: { raw: { n: 40, mean: 0.25 } } });
    const wrong = await runAssay(files, ["calibrate", RUN, "--scorer", "exact", "--pass", "qa"]);
    expect(wrong.stderr).toBe("assay: --scorer exact: no trial of the pass has a score of it. Known: qa. [usage/unknown-name]\n");
  });
});

describe("assay calibrate RUN_A RUN_B", () => {
  const other = `${dirname(RUN)}/other`;
  // B answers as A does; the judge calls the multiples of 8 right in A only.
  const copy = Object.entries(made.files).flatMap(([path, text]) =>
    path.startsWith(`${RUN}/`) ? [[path.replace(RUN, other), text.replaceAll(basename(RUN), "other")]] : [],
  );
  const strict: Files = { ...lenient, ...Object.fromEntries(copy) };
  const truth = (n: number) => ({ bob: n % 4 === 0 ? 0 : 1 });
  test("corrects the difference by trials that are labelled in both, which one seed draws", async () => {
    const first = await labelled(strict, ["-n", "24"], truth);
    const stricter = (n: number) => ({ bob: n % 4 === 0 || n % 10 === 1 ? 0 : 1 });
    const second = await labelled(first, ["-n", "24"], stricter, other);
    expect(await json(second, [other])).toMatchObject({
      difference: {
        runId: "other",
        pairs: 40,
        labelledPairs: 24,
        raw: { mean: 0.125 },
        corrected: { estimate: expect.any(Number), interval: { low: expect.any(Number), high: expect.any(Number) } },
      },
    });
  });
  test("refuses to without, and says how to get them", async () => {
    const first = await labelled(strict, ["-n", "24"], truth);
    expect((await calibrate(first, [other])).stdout).toMatch(
      /^corrected, PPI\+\+ +– +no trial has a label \(draw some: assay label sample\)$/m,
    );
  });
});
