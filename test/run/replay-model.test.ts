/** `replay/` as a model: a stored run is played again. */
import { expect, test } from "vitest";
import { runAssay } from "../cli/run-assay.ts";
import { sumsTask } from "../cli/sums.ts";

test("a run is found by its id in the folder that --out names, for a dry run too", async () => {
  const task = ["-t", "./sums.ts", "--out", "mine", "--json"];
  const first = await runAssay(sumsTask({ wrong: [2] }), ["run", "-m", "mock/oracle", ...task]);
  const [{ runId, tasks }] = JSON.parse(first.stdout).runs;

  const again = await runAssay(first.files, ["run", "-m", `replay/${runId}`, ...task]);
  expect(again.stderr).not.toMatch(/^assay: /m);
  expect(JSON.parse(again.stdout).runs[0]).toMatchObject({ counts: { completed: 3 }, tasks });

  const dry = await runAssay(first.files, ["run", "-m", `replay/${runId}`, ...task, "--dry-run"]);
  expect([dry.code, dry.stderr]).toEqual([0, ""]);
});
