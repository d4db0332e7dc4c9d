import { appendFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AssayError } from "../../../src/core/errors.ts";
import type { Prediction } from "../../../src/core/record.ts";
import { selectTrials } from "../../../src/store/query/select-trials.ts";
import { rowOf, temporaryFolder } from "../run-folders.ts";

const row = (trialId: string, change: Partial<Prediction> = {}) => rowOf(trialId, { file: "traces/direct-1.jsonl" }, change);
const scoresOf = (...values: [string, number | null][]) => values.map(([name, value]) => ({ name, value }));

const ROWS: Prediction[] = [
  row("a/1/1", { scores: scoresOf(["exact", 1], ["judge", 0.5]), turns: 3, usage: { inputTokens: 10, outputTokens: null, costUsd: 0.25 } }),
  row("a/2/1", { scores: scoresOf(["exact", 0], ["judge", null]), turns: 12, output: null, clusterKey: "c", host: "unix:///x" }),
  row('a/it\'s "5"/1', { scores: scoresOf(["exact", null]), status: "limit", limit: "turns", output: "it's\u0000\n\ud800 odd" }),
  row("b/1/1", { task: "b", instanceId: "1", epoch: 2, attempt: 1, status: "error", error: { code: "model/overloaded", message: "busy" } }),
  row("b/1/1", { task: "b", instanceId: "1", epoch: 2, attempt: 2, scores: scoresOf(["pass", 1]), durationMs: 1500.5, toolCalls: 4 }),
  row("b/\ud800/1", { task: "b", scores: [] }),
];

async function runOf(rows: readonly Prediction[]) {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "predictions.jsonl"), rows.map((value) => `${JSON.stringify(value)}\n`).join(""));
  return folder;
}

test.each([
  ["score = 0", ["a/2/1"]],
  ["score IS NULL", ['a/it\'s "5"/1', "b/\ud800/1"]],
  ["score < 1 OR turns > 10", ["a/2/1"]],
  ["NOT (score = 1)", ["a/2/1"]],
  ["scores['judge'] > 0.4", ["a/1/1"]],
  ["scores['judge'] IS NULL AND scores['exact'] = 0", ["a/2/1"]],
  ["\"limit\" = 'turns' AND status = 'limit'", ['a/it\'s "5"/1']],
  ["trialId = 'a/it''s \"5\"/1'", ['a/it\'s "5"/1']],
  ["output LIKE '%it''s%'", ['a/it\'s "5"/1']],
  ["output IS NULL", ["a/2/1"]],
  // The first row of the trial no longer counts.
  ["error IS NOT NULL", []],
  ["task = 'b' AND instanceId = '1' AND epoch = 2 AND attempt = 2 AND toolCalls = 4 AND durationMs > 1500", ["b/1/1"]],
  ["costUsd > 0.2 AND inputTokens = 10 AND outputTokens IS NULL", ["a/1/1"]],
  ["clusterKey = 'c' and HOST like 'unix:%' -- a note", ["a/2/1"]],
  ["turns = (SELECT max(turns) FROM trials)", ["a/2/1"]],
  ["row_number() OVER (ORDER BY turns DESC) = 2", ["a/1/1"]],
  ["true", ["a/1/1", "a/2/1", 'a/it\'s "5"/1', "b/1/1", "b/\ud800/1"]],
])("%s holds for %j", async (condition, expected) => {
  await using folder = await runOf(ROWS);
  expect([...(await selectTrials(folder.path, condition))].toSorted()).toEqual(expected.toSorted());
});

test("a torn last line is no row, and a run without rows has no trials", async () => {
  await using folder = await runOf(ROWS);
  await appendFile(join(folder.path, "predictions.jsonl"), JSON.stringify(row("c/1/1")).slice(0, 40));
  expect((await selectTrials(folder.path, "true")).size).toBe(5);
  await using empty = await temporaryFolder();
  expect((await selectTrials(empty.path, "score = 1")).size).toBe(0);
});

async function refusal(condition: string): Promise<AssayError> {
  await using folder = await runOf(ROWS);
  const error: unknown = await selectTrials(folder.path, condition).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AssayError) return error;
  throw new Error(`expected an AssayError, got ${String(error)}`);
}

const NOT_ALONE = "it is not one condition alone.";

test.each([
  ["1); DROP TABLE trials; --", 'syntax error at or near ")".'],
  ["true) OR (true", 'syntax error at or near ")".'],
  ["true; DROP TABLE trials", NOT_ALONE],
  ["true;", 'syntax error at or near ";".'],
  ["score, turns", NOT_ALONE],
  ["true FROM trials", NOT_ALONE],
  ["true UNION SELECT true", NOT_ALONE],
  ["true AS x", NOT_ALONE],
  ["true ORDER BY 1", NOT_ALONE],
  ["true LIMIT 1", NOT_ALONE],
  ["true WHERE false", NOT_ALONE],
  ["*", NOT_ALONE],
  ["", "SELECT clause without selection list."],
  ["(score = 1", "syntax error at end of input."],
  ["score = 1 /*", 'unterminated /* comment at or near "/*.'],
  ["score", "it is neither true nor false but of type DOUBLE."],
  ["'yes'", "it is neither true nor false but of type VARCHAR."],
  ["NULL", "it is neither true nor false but of type INTEGER."],
  ["limit = 'turns'", 'syntax error at or near "=".'],
  ["scor = 1", 'Referenced column "scor" not found in FROM clause.'],
  ["output::INTEGER = 3", "Could not convert string '42x' to INT32."],
  [
    "(SELECT count(*) FROM read_text('/etc/passwd')) = 1",
    'Cannot access file "/etc/passwd" - file system operations are disabled by configuration.',
  ],
  ["(SELECT count(*) FROM '/etc/passwd') = 1", "Table with name /etc/passwd does not exist."],
  ["(SELECT count(*) FROM glob('*')) >= 0", 'Cannot access file "*" - file system operations are disabled by configuration.'],
])("%j is refused in one line that says why", async (condition, reason) => {
  const { code, message, hint } = await refusal(condition.replace("output::", "(output || 'x')::"));
  expect({ code, message }).toEqual({ code: "usage/bad-option", message: expect.stringContaining(`: ${reason}`) });
  expect(message).not.toContain("\n");
  expect(hint).toBe(
    'Write one condition over the columns trialId, task, instanceId, epoch, attempt, status, "limit", error, output, score, ' +
      "scores['NAME'], inputTokens, outputTokens, costUsd, turns, toolCalls, durationMs, clusterKey, host.",
  );
});

test("nothing can be set from a condition, and a damaged row is named", async () => {
  await using folder = await runOf(ROWS);
  expect((await selectTrials(folder.path, "current_setting('lock_configuration')")).size).toBe(5);
  expect((await selectTrials(folder.path, "current_setting('enable_external_access')")).size).toBe(0);
  await appendFile(join(folder.path, "predictions.jsonl"), "{}\n");
  await expect(selectTrials(folder.path, "true")).rejects.toMatchObject({ code: "run/format", message: expect.stringContaining("Line 7") });
});

test("a condition that takes for ever ends with the signal, and nothing stays in the temporary folder", async () => {
  await using folder = await runOf(ROWS);
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith("assay-query-")).length;
  const signal = AbortSignal.timeout(500);
  const endless = "(SELECT count(*) FROM range(10000000000) a WHERE a.range % 7 = turns) > 0";
  await expect(selectTrials(folder.path, endless, signal)).rejects.toMatchObject({ name: "TimeoutError" });
  expect((await readdir(tmpdir())).filter((name) => name.startsWith("assay-query-")).length).toBeLessThanOrEqual(before);
});
