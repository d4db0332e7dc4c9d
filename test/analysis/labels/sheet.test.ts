import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelOf, readSheet } from "../../../src/analysis/labels/import-labels.ts";
import { csvSheet, jsonLinesSheet, type SheetRow } from "../../../src/analysis/labels/sheet.ts";
import type { LabelSample } from "../../../src/core/label.ts";

const row = (trial: string, label: SheetRow["label"], texts: Partial<SheetRow> = {}): SheetRow => ({
  trial,
  attempt: 1,
  task: "sums",
  question: "1 + 1?",
  output: "2",
  reference: null,
  label,
  comment: "",
  ...texts,
});
const sampleOf = (trials: readonly string[]): LabelSample => ({
  format: 1,
  name: "people",
  runId: "run",
  createdAt: "2026-01-02T03:04:05.000Z",
  seed: "1",
  scorer: null,
  pass: null,
  by: null,
  population: { trials: trials.length, hash: "hash" },
  strata: [],
  drawn: trials.map((trialId) => ({ trialId, attempt: 1, stratum: "all" })),
});

async function readBack(name: string, content: string, trials: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "assay-sheet-"));
  try {
    await writeFile(join(folder, name), content);
    return await readSheet(join(folder, name), sampleOf(trials), "ada");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("a sheet for spreadsheets", () => {
  test("has no cell that is a formula, whatever a model wrote", () => {
    const attacks = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "'=1", '=HYPERLINK("http://x","y")'];
    const csv = csvSheet(attacks.map((text) => row("t", null, { output: text, question: text, comment: text })));
    for (const line of csv.split("\r\n").slice(1, -1)) {
      for (const [, cell = ""] of line.matchAll(/"((?:[^"]|"")*)"/g)) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
    }
    expect(csv).toContain(`"'=HYPERLINK(""http://x"",""y"")"`);
  });
  test("comes back with the very ids and labels, as CSV and as JSON lines", async () => {
    const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => !/[\r\n\0]/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.oneof(
            id,
            id.map((text) => `=${text}`),
            id.map((text) => `'${text}`),
          ),
          { minLength: 1 },
        ),
        async (ids) => {
          const rows = ids.map((trial, index) => row(trial, index % 2, { output: `"quoted", and\nover lines`, comment: "sure" }));
          for (const [name, content] of [
            ["sheet.csv", csvSheet(rows)],
            ["sheet.jsonl", jsonLinesSheet(rows)],
          ] as const) {
            const { labels, empty } = await readBack(name, content, ids);
            expect(labels.map(({ trialId, label, comment }) => [trialId, label, comment])).toEqual(
              ids.map((trial, index) => [trial, index % 2, "sure"]),
            );
            expect(empty).toBe(0);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
  test("tells an id from the same with an apostrophe before it", async () => {
    const ids = ["=x", "'=x", "''=x", "'x", "x"];
    const { labels } = await readBack("sheet.csv", csvSheet(ids.map((trial, index) => row(trial, index))), ids);
    expect(labels.map(({ trialId, label }) => [trialId, label])).toEqual(ids.map((trial, index) => [trial, index]));
  });
  test("may have lost columns, and says of whom a label is where it says so", async () => {
    const { labels, empty } = await readBack("sheet.csv", "trial,label,labeller\nt1, Correct ,bob\nt2,,bob\nt3,0.5,\n", ["t1", "t2", "t3"]);
    expect(labels.map(({ trialId, label, labeller }) => [trialId, label, labeller])).toEqual([
      ["t1", "correct", "bob"],
      ["t3", 0.5, "ada"],
    ]);
    expect(empty).toBe(1);
  });
});

describe("a sheet is refused as a whole", () => {
  test("for a trial that was not drawn, naming it and its line", async () => {
    await expect(readBack("sheet.csv", "trial,label\nt1,1\nt9,1\n", ["t1"])).rejects.toMatchObject({
      code: "data/invalid",
      message: 'sheet.csv line 3: trial "t9" is not in the sample. Nothing was imported.',
    });
  });
  test("for an attempt that is not the one that was drawn", async () => {
    await expect(readBack("sheet.csv", "trial,attempt,label\nt1,2,1\n", ["t1"])).rejects.toMatchObject({
      message: 'sheet.csv line 2: trial "t1" was drawn at attempt 1, and this is attempt 2. Nothing was imported.',
    });
  });
  test("without the column trial", async () => {
    await expect(readBack("sheet.csv", "id,label\nt1,1\n", ["t1"])).rejects.toMatchObject({
      code: "data/invalid",
      message: expect.stringContaining("sheet.csv line 2: trial: expected string"),
      hint: "Keep the sheet's columns: trial and label.",
    });
  });
});

test("a label is a number or a word, in lower case and without the space around it", () => {
  expect([" 1 ", "-0.5", "Partly Right", "", "Infinity"].map((text) => labelOf(text, "here"))).toEqual([
    1,
    -0.5,
    "partly right",
    undefined,
    "infinity",
  ]);
  expect(() => labelOf("x".repeat(201), "here")).toThrow("here: the label has 201 characters; at most 200 can be one.");
});
