import { describe, expect, test } from "vitest";
import basics from "../../tasks/basics/index.ts";
import { readInstances } from "../../tasks/basics/instances.ts";
import { scoreAfter } from "./trial-sandbox.ts";

const rows = readInstances();
const instanceOf = (id: string) => {
  const index = rows.findIndex((row) => row.id === id);
  const row = rows[index];
  if (!row) throw new Error(`no instance ${id}`);
  return basics.toInstance(row, index, {});
};
const commandsOf = (id: string) => rows.find((row) => row.id === id)?.commands ?? [];

test("there are at least fifteen instances, of every difficulty from 1 to 5, easiest first", () => {
  const difficulties = rows.map((row) => row.data.difficulty);
  expect(rows.length).toBeGreaterThanOrEqual(15);
  expect([...new Set(difficulties)]).toEqual([1, 2, 3, 4, 5]);
  expect(difficulties).toEqual(difficulties.toSorted());
});

test.each(rows.map((row) => [row.id, row] as const))("%s has an instruction, a check and a solution of several steps", (id, row) => {
  expect(row.data.instruction.length).toBeGreaterThan(100);
  expect(row.data.check).not.toBe("");
  expect(row.commands.length).toBeGreaterThanOrEqual(2);
  expect(id).toMatch(/^[a-z0-9-]+$/);
});

test("neither the request nor the work folder holds the check or the solution", () => {
  for (const row of rows) {
    const instance = basics.toInstance(row, 0, {});
    const request = JSON.stringify(basics.format(instance, { settings: {}, hasTools: true }));
    const seen = request + JSON.stringify(instance.files);
    expect(seen).not.toContain(JSON.stringify(row.data.check).slice(1, 200));
    for (const path of Object.keys(instance.files ?? {})) expect(path).not.toMatch(/verify|solution/);
  }
});

describe.concurrent("in the embedded sandbox", () => {
  test.each(rows.map((row) => row.id))("%s: the reference passes and doing nothing fails", { timeout: 240_000 }, async (id) => {
    const nothing = await scoreAfter(basics, instanceOf(id), []);
    const reference = await scoreAfter(basics, instanceOf(id), commandsOf(id));
    expect({ id, nothing: nothing.value, reference: reference.value, explanation: reference.explanation }).toMatchObject({
      nothing: 0,
      reference: 1,
    });
  });

  test.each([
    ["editing the visible test", "echo > test_stock.py"],
    [
      "hard-coding the visible examples",
      `printf 'def reorder_list(levels, minimum):\\n    return {1: ["bolt"], 3: ["nut", "washer", "bolt"]}.get(sum(levels.values()) // 2, [])\\n' > stock.py`,
    ],
    ["ending the process with status 0", `printf 'import os\\nos._exit(0)\\n' > stock.py`],
    ["ending the process inside the function", `printf 'import sys\\ndef reorder_list(levels, minimum):\\n    sys.exit(0)\\n' > stock.py`],
    ["printing a verdict", `printf 'print("VERIFIED")\\ndef reorder_list(levels, minimum):\\n    return []\\n' > stock.py`],
    [
      "writing the observations",
      `printf 'import sys\\nopen(sys.modules["__main__"].OBSERVED_PATH, "w").write("[]")\\nimport os\\nos._exit(0)\\n' > stock.py`,
    ],
    [
      "results that are equal to everything",
      `printf 'class Any(list):\\n    def __eq__(self, other): return True\\ndef reorder_list(levels, minimum):\\n    return Any()\\n' > stock.py`,
    ],
    [
      "modules that stand in for the check's own",
      `printf 'def loads(text): raise SystemExit(0)\\n' > json.py; printf 'raise SystemExit(0)\\n' > sitecustomize.py`,
    ],
  ])("%s does not pass", { timeout: 120_000 }, async (_what, command) => {
    const score = await scoreAfter(basics, instanceOf("fix-failing-test"), [command]);
    expect(score.value).toBe(0);
    expect(score.explanation).toBeTruthy();
  });
});
