import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

/** Paths that lead out of the work folder; the last are the host's own. */
const pathsOut = (marker: string) => [
  "../up.txt",
  "../../../../../../top.txt",
  `/${marker}.txt`,
  "a/../../../sideways.txt",
  `/tmp/${marker}.txt`,
];

test("files with ../ or absolute paths are written inside of the sandbox only", async () => {
  const marker = `assay-marker-${process.pid}`;
  const paths = pathsOut(marker);
  const files = Object.fromEntries(paths.map((path) => [path, "let me out"]));
  // The marker is looked for with a command as well: it has to be in the sandbox, or the test would prove nothing.
  const commands = [`cat /tmp/${marker}.txt /${marker}.txt /top.txt`];
  const task = countingTask({
    count: 1,
    instance: `files: ${JSON.stringify(files)}, reference: ${JSON.stringify({ commands, answer: "1" })},`,
  });
  await using folder = await project({ "task.ts": task, "keep.txt": "mine" });
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--json"]));
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");

  expect(row).toMatchObject({ status: "completed", scores: [{ value: 1 }] });
  expect(ofType(await eventsOf(folder, run, row), "sandbox.exec").at(-1)).toMatchObject({
    stdout: "let me outlet me outlet me out",
    exitCode: 0,
  });
  const outside = [`/tmp/${marker}.txt`, `/${marker}.txt`, "/top.txt", join(folder.folder, "../up.txt"), join(folder.folder, "up.txt")];
  expect(outside.filter((path) => existsSync(path))).toEqual([]);
  expect((await readdir(folder.folder)).filter((name) => name.endsWith(".txt"))).toEqual(["keep.txt"]);
});

const HOSTILE = [
  "../../../escape",
  "/etc/passwd",
  "..",
  ".",
  'a/b\\c:d*e?f"g<h>|',
  "C:\\Windows",
  "null\u0000byte",
  "line\nbreak \u001b[31mred",
  "%2e%2e%2f",
  "CON",
  "ümläut/日本",
  "Case",
  "case",
  "x".repeat(300),
  `${"x".repeat(300)}y`,
  "\ud800half",
  "--help",
  "__proto__",
  "constructor",
];

test.each(["agent", "baseline"])(
  "instances of any id are run under %s, recorded apart and resumed, and no file leaves the run folder",
  async (harness) => {
    const ids = JSON.stringify(HOSTILE);
    const task = countingTask({ count: HOSTILE.length }).replace('id: "n" + n', `id: ${ids}[n - 1]`);
    await using folder = await project({ "task.ts": task });
    const finished = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", harness, "--json"]);
    const run = onlyRun(finished);
    const rows = await trialsIn(folder, run);

    expect(run.counts).toMatchObject({ planned: HOSTILE.length, completed: HOSTILE.length });
    expect(run.tasks[0]?.metrics["accuracy"]).toMatchObject({ value: 1, n: HOSTILE.length });
    expect(rows.map(({ instanceId }) => instanceId).toSorted()).toEqual(HOSTILE.toSorted());
    for (const row of rows) {
      const [start] = ofType(await eventsOf(folder, run, row), "trial.start");
      expect(start?.instanceId).toBe(row.instanceId);
    }
    expect((await readdir(folder.folder)).toSorted()).toEqual(["runs", "task.ts"]);
    // A terminal gets no code from an id.
    expect(finished.stderr).not.toContain("\u001b[31m");
    const again = onlyRun(await folder.assay(["run", "--resume", run.path, "--json"]));
    expect(again.counts).toMatchObject({ completed: HOSTILE.length, resumed: HOSTILE.length });
  },
);
