import { beforeAll, expect, test } from "vitest";
import { runAssay, steady } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

let files: Record<string, string>;

const HOSTILE = {
  "hostile.ts": `
import { accuracy, defineTask, exactMatch, z } from "assay";

export default defineTask({
  name: "hostile",
  description: "Its texts try to take over the terminal.",
  source: () => ["a\\u001b[2Jb"],
  row: z.string(),
  toInstance: (id) => ({ id, data: {}, reference: { text: "red \\u001b[31m, title \\u001b]0;gone\\u0007, back\\rover" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Say it.\\u202E" }] }),
  scorers: [exactMatch({ expected: () => "something else" })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
});
`,
};

beforeAll(async () => {
  ({ files } = await runAssay(sumsTask({ wrong: [2] }), ["run", "-m", "mock/oracle", "-t", "./sums.ts"]));
});

test("without a trial the trials of the run are listed", async () => {
  const { stdout, code } = await runAssay(files, ["replay", "sums"]);

  expect(code).toBe(0);
  // Column widths follow the times.
  expect(steady(stdout).replaceAll(/─+/g, "─").replaceAll(/ {2,}/g, "  ")).toMatchInlineSnapshot(`
    "trial  status  scores  turns  time
    ─
    sums/s1/1  completed  exact 1  1  <time>
    sums/s2/1  completed  exact 0  1  <time>
    sums/s3/1  completed  exact 1  1  <time>
    ─
    3 trials; look at one with: assay replay runs/<run id> <trial>
    "
  `);
});

test("without a terminal the whole trial is printed", async () => {
  const { stdout, code } = await runAssay(files, ["replay", "sums", "s2"]);

  expect(code).toBe(0);
  expect(steady(stdout).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "<date>")).toMatchInlineSnapshot(`
    "sums/s2/1

    ── start  at <time>
    attempt 1, mock/oracle, harness baseline, <date>
    user
      2 + 2?

    ── turn 1  at <time>
    assistant  <time> · 4 tokens in, 3 out · cost $0 · stop
      wrong

    ── end  at <time>
    answer
      wrong
    score exact 0  answer "wrong"  <time>
      Expected "4".
    completed in <time>, 1 turn, 0 tool calls
    "
  `);
});

test("--json gives the row and every event as one document", async () => {
  const { stdout } = await runAssay(files, ["replay", "sums", "sums/s2/1", "--json"]);

  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ schema: "assay/trial@1", trial: { trialId: "sums/s2/1", status: "completed" } });
  expect(document.events.map((event: { seq: number }) => event.seq)).toEqual(document.events.map((_: unknown, index: number) => index));
  expect(document.events.at(-1)).toMatchObject({ type: "trial.end", status: "completed" });
});

test("a trial that no id fits, or more than one, is answered with the nearest", async () => {
  const none = await runAssay(files, ["replay", "sums", "sums/s22"]);
  expect(none.code).toBe(2);
  expect(steady(none.stderr)).toMatchInlineSnapshot(`
    "assay: No finished trial of runs/<run id> fits "sums/s22". Did you mean sums/s2/1? (assay replay runs/<run id>) [run/not-found]
    "
  `);

  const many = await runAssay(files, ["replay", "sums", "sums/"]);
  expect(many.code).toBe(2);
  expect(steady(many.stderr)).toMatchInlineSnapshot(`
    "assay: More than one finished trial of runs/<run id> fits "sums/". It fits sums/s1/1, sums/s2/1, sums/s3/1. [run/not-found]
    "
  `);
});

test("no text of a trial reaches the terminal as a terminal code", async () => {
  const run = await runAssay(HOSTILE, ["run", "-m", "mock/oracle", "-t", "./hostile.ts"]);
  const list = await runAssay(run.files, ["replay", "hostile"]);
  const shown = await runAssay(run.files, ["replay", "hostile", "hostile/"]);
  const inspected = await runAssay(HOSTILE, ["inspect", "./hostile.ts"]);
  const unknown = await runAssay(HOSTILE, ["run", "-m", "mock/oracle", "-t", "./hostile.ts", "--instance", "x\x1b[2J"]);

  for (const { stdout, stderr } of [run, list, shown, inspected, unknown])
    // oxlint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\0-\x09\x0B-\x1F\x7F-\x9F\u202E]/);
  expect(shown.stdout).toContain("red ␛[31m, title ␛]0;gone␇, back␍over");
});
