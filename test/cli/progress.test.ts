import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { runAssay, runAssayOnTerminal } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

const hasTerminal = spawnSync("script", ["--version"]).status === 0;

/** A task whose scorer takes a while, so that there is something to watch. */
const SLOW = {
  "slow.ts": `
import { accuracy, defineScorer, defineTask, z } from "assay";

export default defineTask({
  name: "slow",
  description: "Takes a while to grade.",
  source: () => ["one", "two\\u001b[2J", "three", "four"],
  row: z.string(),
  toInstance: (id) => ({ id, data: {}, reference: { text: "x" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "?" }] }),
  scorers: [defineScorer({ name: "late", sandbox: "fresh", score: ({ instance }) => new Promise((resolve) => setTimeout(resolve, instance.id === "four" ? 1500 : 300, { value: 1 })) })],
  metrics: [accuracy({ score: "late" })],
  primaryMetric: "accuracy",
});
`,
};

test.skipIf(!hasTerminal)("a terminal shows the tasks and who works on what, and is given back as it was", async () => {
  const { stdout, code } = await runAssayOnTerminal(SLOW, ["run", "-m", "mock/oracle", "-t", "./slow.ts"], { columns: 90, rows: 20 });

  expect(code).toBe(0);
  const plain = stripVTControlCharacters(stdout);
  expect(plain).toMatch(/slow {2}━+─+ {2}3\/4 {2}accuracy 1\.000 \[0\.439, 1\.000\] n=3/);
  expect(plain).toMatch(/\d s {2}slow\/four\/1 +scoring: late {2}\d s/);
  expect(plain).toContain("slow/two␛[2J/1");
  expect(plain).toMatch(/slow {2}━{12} {2}4\/4 {2}accuracy 1\.000 \[0\.510, 1\.000\] n=4/);
  expect(stdout.lastIndexOf("\x1b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\x1b[?25l"));
});

test.skipIf(!hasTerminal)("it is redrawn ten times a second at most", async () => {
  const { stdout } = await runAssayOnTerminal(SLOW, ["run", "-m", "mock/oracle", "-t", "./slow.ts"], { columns: 90, rows: 20 });

  const drawings = stdout.split(/\[\d+A\r/).length - 1;
  expect(drawings).toBeGreaterThan(1);
  expect(drawings).toBeLessThan(40);
});

test.skipIf(!hasTerminal)("NO_COLOR takes the colours away and leaves the display", async () => {
  const { stdout } = await runAssayOnTerminal(SLOW, ["run", "-m", "mock/oracle", "-t", "./slow.ts"], {
    columns: 90,
    rows: 20,
    env: { NO_COLOR: "1" },
  });

  expect(stdout).toContain("━");
  expect(stdout).not.toMatch(/\[[0-9;]*m/);
});

test.skipIf(!hasTerminal)("a trial is stepped through with keys on a terminal, which is given back on q", async () => {
  const { files } = await runAssay(sumsTask(), ["run", "-m", "mock/oracle", "-t", "./sums.ts"]);
  const { stdout, code } = await runAssayOnTerminal(files, ["replay", "sums", "s2"], { columns: 80, rows: 24, keys: "lGq" });

  expect(code).toBe(0);
  expect(stdout).toContain("1/3 start");
  expect(stdout).toContain("3/3 end");
  expect(stdout.trimEnd().endsWith("\x1b[?25h\x1b[?1049l")).toBe(true);
});

test("without a terminal, a run of more than 2,000 trials sums up instead of a line a trial", async () => {
  const { stderr } = await runAssay(sumsTask({ count: 1500 }), ["run", "-m", "mock/oracle", "-t", "./sums.ts", "--epochs", "2"]);

  const lines = stderr.trim().split("\n");
  expect(lines.length).toBeLessThan(20);
  expect(lines.at(-1)).toMatch(
    /^\[3,000\/3,000\] {2}sums accuracy 1\.000 \[0\.997, 1\.000\] n=1,500 {2}0 errors {2}[\d.]+ trials\/s {2}in /,
  );
});

test("the line of a trial that ended in error says what to do", async () => {
  const broken = `
import { AssayError, defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";
const start = async () => {
  throw new AssayError("sandbox/failed", "The machine burnt down", { hint: "Call the fire brigade." });
};
export default defineSandbox({ ...embedded, name: "broken", open: async () => ({ ...(await embedded.open()), start }) });
`;
  const args = ["run", "-m", "mock/oracle", "-t", "./sums.ts", "-n", "1", "-H", "agent", "--retries", "0", "--sandbox", "./broken.ts"];
  const { stderr } = await runAssay({ ...sumsTask(), "broken.ts": broken }, args);
  expect(stderr).toMatch(/^\[1\/1\] s1 {2}error {2}sandbox\/failed: The machine burnt down\. Call the fire brigade\. {2}/m);
});
