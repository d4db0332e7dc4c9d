import { expect, test } from "vitest";
import { readContent } from "../../src/store/content.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { oneTrialTask, storedRun } from "./stored-run.ts";

const PRINT = `
import sys
sys.stdout.write("".join(chr(97 + n % 26) for n in range(5_000_000)))
sys.stderr.write("e" * 1_000_000)
sys.exit(7)
`;

const reference = `files: { "print.py": ${JSON.stringify(PRINT)} }, reference: { commands: ["python3 print.py"], answer: "42" }`;

test(
  "a command that prints 5 MB and 1 MB and exits 7 is in the trace whole; the model sees a cut that says so, and the 7",
  { timeout: 60_000 },
  async () => {
    await using run = await storedRun(oneTrialTask(reference), ["-m", "mock/oracle", "-H", "agent"]);
    const events = await Array.fromAsync(run.events());
    const [exec] = events.flatMap((event) =>
      fieldsOf(event, "sandbox.exec")?.phase === "tool" ? (fieldsOf(event, "sandbox.exec") ?? []) : [],
    );
    if (!exec) throw new Error("no command was recorded");
    const [stdout, stderr] = [await readContent(run.path, exec.stdout), await readContent(run.path, exec.stderr)];
    expect(Buffer.from(stdout).equals(Buffer.from(Array.from({ length: 5_000_000 }, (_, n) => 97 + (n % 26))))).toBe(true);
    expect(Buffer.from(stderr).equals(Buffer.alloc(1_000_000, "e"))).toBe(true);
    expect(exec).toMatchObject({ exitCode: 7, truncated: false, droppedBytes: 0, timedOut: false });

    const [result] = events.flatMap((event) => fieldsOf(event, "tool.result") ?? []);
    expect(result?.cutCharacters).toBeGreaterThan(5_900_000);
    expect(result?.shown).toMatch(/\[… 5,9\d\d,\d{3} characters cut …\]/);
    expect(result?.shown).toMatch(/exit code:? 7/i);
    expect(String(result?.shown).length).toBeLessThan(17_000);
  },
);

test("a trial that meets its turn limit is scored, and says which limit", async () => {
  await using run = await storedRun(oneTrialTask('reference: { commands: ["true", "true", "true"], answer: "42" }'), [
    "-m",
    "mock/oracle",
    "-H",
    "agent",
    "-o",
    "limits.turns=2",
  ]);
  expect(run.rows[0]).toMatchObject({ status: "limit", limit: "turns", turns: 2, output: null, scores: [{ name: "exact", value: 0 }] });
  expect(run.result.counts).toMatchObject({ limit: 1, completed: 0, error: 0 });
  expect(run.code).toBe(0);
});

test("an endless loop in a command ends with the trial's time, and the run goes on", { timeout: 60_000 }, async () => {
  await using run = await storedRun(oneTrialTask('reference: { commands: ["while true; do :; done"], answer: "42" }'), [
    "-m",
    "mock/oracle",
    "-H",
    "agent",
    "-o",
    "limits.timeMs=1500",
  ]);
  expect(run.rows[0]).toMatchObject({ status: "limit", limit: "timeMs", scores: [{ name: "exact", value: 0 }] });
});

test("a sandbox that a task's setup breaks is an error of the trial, tried again once, and never a wrong answer", async () => {
  await using run = await storedRun(oneTrialTask('setup: "exit 3"'), ["-m", "mock/oracle", "-H", "agent"]);
  expect(run.rows).toHaveLength(1);
  expect(run.rows[0]).toMatchObject({ status: "error", attempt: 2, scores: [], error: { code: "sandbox/failed" } });
  expect(run.result.tasks[0]).toMatchObject({
    scored: 0,
    unscored: 1,
    metrics: { accuracy: { value: null, n: 0, bounds: { low: 0, high: 1 } } },
  });
  expect(run.code).toBe(1);
});
