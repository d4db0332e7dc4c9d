import { spawn } from "node:child_process";
import { mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runAssay, runAssayOnTerminal } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
type Files = Record<string, string>;

async function runOver(task: Files): Promise<{ files: Files; run: string }> {
  const { files } = await runAssay(task, ["run", "-m", "mock/oracle", "-t", "./sums.ts"]);
  const record = Object.keys(files).find((path) => path.endsWith("/run.json")) ?? "";
  return { files, run: dirname(record) };
}

/** Over twelve sums, of which every third is answered wrongly. */
const sums = await runOver(sumsTask({ count: 12, wrong: [3, 6, 9, 12] }));

const linesOf = (text = "") => text.split("\n").filter((line) => line !== "");
const labelsIn = (files: Files, run: string, name = "people") =>
  linesOf(files[`${run}/labels/${name}.jsonl`])
    .slice(1)
    .map((line) => JSON.parse(line) as { trialId: string; label: unknown; labeller: string });

/** What `assay label sample` with each of these words says when it refuses. */
const refusals = (files: Files, run: string, options: readonly string[][]) =>
  Promise.all(options.map(async (words) => (await runAssay(files, ["label", "sample", run, ...words])).stderr));

describe("assay label sample", () => {
  test("writes a sheet with what was asked, the answer and the reference, without the judge's verdict", async () => {
    const { files, run } = sums;
    const { stdout, stderr, files: after, code } = await runAssay(files, ["label", "sample", run, "-n", "3", "--seed", "7"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.replaceAll(run, "RUN")).toBe(
      "3 of 12 scored trials drawn with seed 7: people.csv\nFill in the column label, then: assay label import RUN people.csv\n",
    );
    expect(after["people.csv"]?.replaceAll("\r", "")).toMatchInlineSnapshot(`
      "trial,attempt,task,question,output,reference,label,comment
      "sums/s1/1",1,"sums","1 + 1?","2","2","",""
      "sums/s2/1",1,"sums","2 + 2?","4","4","",""
      "sums/s5/1",1,"sums","5 + 5?","10","10","",""
      "
    `);
    const head: unknown = JSON.parse(linesOf(after[`${run}/labels/people.jsonl`])[0] ?? "");
    expect(head).toMatchObject({ seed: "7", population: { trials: 12 }, strata: [{ trials: 12, drawn: 3, inclusionProbability: 0.25 }] });
  });
  test("again makes the same sheet for another person, never over a file that is there, nor over another draw", async () => {
    const { files, run } = sums;
    const first = await runAssay(files, ["label", "sample", run, "-n", "3"]);
    const again = await runAssay(first.files, ["label", "sample", run, "-n", "3", "--file", "bob.csv"]);
    expect(again.files["bob.csv"]).toBe(first.files["people.csv"]);
    expect(
      await refusals(first.files, run, [
        ["-n", "3"],
        ["-n", "4", "--file", "four.csv"],
      ]),
    ).toEqual([
      "assay: --file people.csv: it is there already. It may hold labels: name another, or remove it. [usage/bad-option]\n",
      "assay: --name people: there are labels of that name already, drawn otherwise (labels/people.jsonl). Draw under another name: --name people-2 [usage/bad-option]\n",
    ]);
  });
  test("refuses what cannot be drawn, or written", async () => {
    const { files, run } = sums;
    expect(
      await refusals(files, run, [
        ["-n", "3", "--file", "sheet.xlsx"],
        ["--by", "value", "--name", "v"],
        ["--by", "value", "--scorer", "exact", "-n", "3", "--name", "v"],
        ["--scorer", "exakt", "--name", "v"],
      ]),
    ).toEqual([
      "assay: --file sheet.xlsx: expected a name that ends in .csv or .jsonl. [usage/bad-option]\n",
      "assay: --by value needs a scorer to take it from. Name one: --scorer NAME [usage/bad-option]\n",
      "assay: -n 3: too few for the 2 strata of --by value, which need two each. Draw at least 4, or leave --by out. [usage/bad-option]\n",
      "assay: --scorer exakt: no trial of the run has a score of it. Did you mean exact? [usage/unknown-name]\n",
    ]);
  });
  test("by a field draws equally many of each of its values, and keeps with what chance", async () => {
    const { files, run } = sums;
    const { stdout } = await runAssay(files, ["label", "sample", run, "-n", "6", "--by", "value", "--scorer", "exact", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "assay/label-sample@1",
      by: "value",
      strata: [
        { stratum: "0", trials: 4, drawn: 3, inclusionProbability: 0.75 },
        { stratum: "1", trials: 8, drawn: 3, inclusionProbability: 0.375 },
      ],
    });
  });
  test("goes without references where the run's task is gone, and says so", async () => {
    const { files, run } = sums;
    const { "sums.ts": _gone, ...left } = files;
    const { stderr, files: after, code } = await runAssay(left, ["label", "sample", run, "-n", "2", "--file", "sheet.jsonl"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Without references, since the run's tasks cannot be loaded: /);
    expect(linesOf(after["sheet.jsonl"]).map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ reference: null, question: expect.stringContaining("?") }),
      expect.objectContaining({ reference: null, question: expect.stringContaining("?") }),
    ]);
  });
});

describe("assay label import", () => {
  test("takes in what is new, keeps what was said before, and counts what is empty", async () => {
    const { files, run } = sums;
    const drawn = await runAssay(files, ["label", "sample", run, "-n", "3"]);
    const filled = (drawn.files["people.csv"] ?? "").replace('"",""\r\n', '"1","sure"\r\n');
    const words = ["label", "import", run, "people.csv", "--labeller", "ada"];
    const first = await runAssay({ ...drawn.files, "people.csv": filled }, words);
    expect(first.stdout).toBe("1 label added, 2 rows without one: labels/people.jsonl\n");
    const changed = filled.replace('"1","sure"', '"0","no"').replace('"",""\r\n', '"1",""\r\n');
    const second = await runAssay({ ...first.files, "people.csv": changed }, [...words, "--json"]);
    expect(JSON.parse(second.stdout)).toMatchObject({ schema: "assay/label-import@1", added: 2, unchanged: 0, empty: 1 });
    const third = await runAssay(second.files, words);
    expect(third.stdout).toBe("0 labels added, 2 known before, 1 row without one: labels/people.jsonl\n");
    expect(labelsIn(third.files, run).map(({ label, labeller }) => [label, labeller])).toEqual([
      [1, "ada"],
      [0, "ada"],
      [1, "ada"],
    ]);
  });
  test("refuses a label from outside the sample, naming the trial, and a run without a sample", async () => {
    const { files, run } = sums;
    const drawn = await runAssay({ ...files, "more.csv": "trial,label\nsums/none/1,1\n" }, ["label", "sample", run, "-n", "3"]);
    const refused = await runAssay(drawn.files, ["label", "import", run, "more.csv"]);
    expect(refused).toMatchObject({
      code: 2,
      stderr:
        'assay: more.csv line 2: trial "sums/none/1" is not in the sample. Nothing was imported. ' +
        'Only trials that "assay label sample" drew as people can be labelled there. [data/invalid]\n',
    });
    expect(labelsIn(refused.files, run)).toEqual([]);
    const without = await runAssay({ ...files, "more.csv": "trial,label\n" }, ["label", "import", run, "more.csv"]);
    expect(without.stderr).toBe(
      `assay: ${run} has no labels named "people". Draw trials to label: assay label sample ${run} [run/not-found]\n`,
    );
  });
});

describe("assay label ask", () => {
  test("asks for one after the other, goes on where it was left, and shows no terminal codes of a model's", async () => {
    const task = sumsTask({ count: 3 });
    const hostile = { "sums.ts": task["sums.ts"]?.replace("String(2 * row) }", 'String(2 * row) + "\\u001b[2J\\u202e" }') ?? "" };
    const { files, run } = await runOver(hostile);
    const drawn = await runAssay(files, ["label", "sample", run, "-n", "3"]);
    const words = ["label", "ask", run, "--labeller", "ada"];
    const first = await runAssay(drawn.files, words, { stdin: "1\n\nq\n" });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    for (const code of ["\u001B[2J", "\u202E"]) expect(first.stdout).not.toContain(code);
    expect(first.stdout).toContain("1 label added, 2 without one. The same command goes on with them.");
    const second = await runAssay(first.files, words, { stdin: "wrong\n0\n" });
    expect(second.stdout).toContain("── 1 of 2");
    expect(second.stdout).toContain(`2 labels added, 0 without one. Next: assay calibrate ${run} --scorer NAME`);
    expect(labelsIn(second.files, run).map(({ label }) => label)).toEqual([1, "wrong", 0]);
  });
  test("on a terminal, too", async () => {
    const { files, run } = sums;
    const drawn = await runAssay(files, ["label", "sample", run, "-n", "2"]);
    const { files: after, code } = await runAssayOnTerminal(drawn.files, ["label", "ask", run], { columns: 80, rows: 24, keys: "1\nq\n" });
    expect(code).toBe(0);
    expect(labelsIn(after, run).map(({ label }) => label)).toEqual([1]);
  });
  test("keeps what was given when Ctrl-C ends it", async () => {
    const { files, run } = sums;
    const drawn = await runAssay(files, ["label", "sample", run, "-n", "3"]);
    await using folder = await mkdtempDisposable(join(tmpdir(), "assay-ask-"));
    for (const [path, content] of Object.entries(drawn.files)) {
      await mkdir(dirname(join(folder.path, path)), { recursive: true });
      await writeFile(join(folder.path, path), content);
    }
    const child = spawn(process.execPath, [BIN, "label", "ask", run], { cwd: folder.path });
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const before = shown;
      shown += text;
      const has = (place: string) => !before.includes(place) && shown.includes(place);
      if (has("1 of 3")) child.stdin.write("1\n");
      if (has("2 of 3")) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
    expect(shown).toContain("1 label added, 2 without one.");
    const stored = await readFile(join(folder.path, run, "labels", "people.jsonl"), "utf8");
    expect(linesOf(stored)).toHaveLength(2);
  });
});
