/** A run that was stopped goes on only with the very parts that it was begun with. */
import { expect, test } from "vitest";
import { fencesOf, pagePaths, pageText } from "../../scripts/docs/fences.ts";
import { runAssay, steady } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

/** A run stopped after its first trial; the run's folder and what lies beside it. */
async function stoppedRun(files: Record<string, string>, ...args: string[]) {
  const { files: after } = await runAssay(files, ["run", "-m", "mock/oracle", "--concurrency", "1", "--max-tokens", "1", ...args]);
  const record = Object.keys(after).find((path) => path.endsWith("/run.json")) ?? "no run was made";
  return { path: record.replace("/run.json", ""), files: after };
}

test("a stopped run goes on where nothing changed", async () => {
  const { path, files } = await stoppedRun(sumsTask(), "-t", "./sums.ts");
  const { code, stdout } = await runAssay(files, ["run", "--resume", path, "--max-tokens", "1000", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).runs[0].counts).toMatchObject({ planned: 3, completed: 3, resumed: 1 });
});

test("a changed scorer in a task's file refuses the resume, and the same command starts afresh", async () => {
  const { path, files } = await stoppedRun(sumsTask(), "-t", "./sums.ts");
  const extract = "extract: (output) => output.slice(0, 1), expected: ";
  const changed = { ...files, "sums.ts": (files["sums.ts"] ?? "").replace("expected: ", extract) };
  const resumed = await runAssay(changed, ["run", "--resume", path]);
  expect(resumed.code).toBe(2);
  expect(steady(resumed.stderr)).toMatchInlineSnapshot(`
    "assay: runs/<run id> cannot be resumed, because something changed since it was made: the file of task sums changed. Undo the change, or start afresh without --resume (with --new). [run/changed]
    "
  `);

  const again = await runAssay(changed, ["run", "-m", "mock/oracle", "-t", "./sums.ts", "--concurrency", "1", "--max-tokens", "1"]);
  expect(Object.keys(again.files).filter((file) => file.endsWith("/run.json"))).toHaveLength(2);
});

test("so does a change of a file that the task's file imports", async () => {
  const { "sums.ts": sums = "" } = sumsTask();
  const task = `import { answerOf } from "./answer.ts";\n${sums.replace("instance.data.answer", "answerOf(instance.data)")}`;
  const { path, files } = await stoppedRun(
    { "own/sums.ts": task, "own/answer.ts": "export const answerOf = (data: { answer: string }) => data.answer;\n" },
    "-t",
    "./own/sums.ts",
  );
  const changed = { ...files, "own/answer.ts": "export const answerOf = () => '2';\n" };
  const { code, stderr } = await runAssay(changed, ["run", "--resume", path]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("the file of task sums changed")]);
});

test("so does a change of a harness's own tool", async () => {
  const fences = pagePaths().flatMap((page) => fencesOf(page, pageText(page)));
  const shown = Object.fromEntries(fences.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]])));
  const { "careful.yaml": harness = "", "count-lines.ts": tool = "" } = shown;
  const own = { "careful.yaml": harness, "count-lines.ts": tool };
  const { path, files } = await stoppedRun({ ...sumsTask(), ...own }, "-t", "./sums.ts", "-H", "./careful.yaml");
  const { code, stderr } = await runAssay({ ...files, "count-lines.ts": `${tool}\n// another` }, ["run", "--resume", path]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("the file of tool count_lines changed")]);
});

test("the record holds the hash of an own file, not where it lies", async () => {
  const { path, files } = await stoppedRun(sumsTask(), "-t", "./sums.ts");
  const record = JSON.parse(files[`${path}/run.json`] ?? "");
  expect(record.hashes.files).toEqual({ "task sums": expect.stringMatching(/^[0-9a-f]{64}$/) });
});
