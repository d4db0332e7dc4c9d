import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { predictionSchema, type Prediction } from "../../src/core/record.ts";

interface Story {
  kills: number;
  file: string;
  instances: number;
  reference: string;
  harness: string;
}

const taskText = ({ instances, reference }: Story) => `
import { accuracy, defineTask, exactMatch, z } from "assay";

export default defineTask({
  name: "many",
  description: "Many small trials, to be killed among.",
  source: () => Array.from({ length: ${instances} }, (_, n) => ({ n })),
  row: z.object({ n: z.number() }),
  toInstance: ({ n }) => ({ id: String(n), data: { expected: String(n * n) }, files: { "n.txt": String(n) }, reference: ${reference} }),
  format: ({ id }) => ({ kind: "chat", messages: [{ role: "user", content: "Square " + id }] }),
  scorers: [exactMatch({ expected: (instance) => instance.data.expected })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
  sandbox: {},
});
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-kill-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bin = new URL("../../bin/assay.js", import.meta.url).pathname;

/** Committed rows of a run folder; a torn last line is no row. */
async function committedRows(run: string): Promise<Prediction[]> {
  const text = await readFile(join(run, "predictions.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => predictionSchema.parse(JSON.parse(line)));
}

/** Hash of the bytes of a finished trial's trace. */
async function traceHash(run: string, { trace }: Prediction): Promise<string> {
  const path = join(run, trace.file);
  if (trace.offset === undefined || trace.bytes === undefined)
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  await using file = await open(path);
  const bytes = Buffer.alloc(trace.bytes);
  await file.read(bytes, 0, trace.bytes, trace.offset);
  return createHash("sha256").update(bytes).digest("hex");
}

async function killedAmidst(story: Story): Promise<void> {
  const { instances } = story;
  await writeFile(join(folder, story.file), taskText(story));
  const args = ["run", "-m", "mock/oracle", "-t", `./${story.file}`, "-H", story.harness, "--concurrency", "2"];
  const seen = new Map<string, { row: string; hash: string }>();
  let run = "";
  let end = "It was killed each time.";
  // Grows while nothing gets finished, so that a slow machine is killed among trials too, not only while it starts.
  let longestMs = 800;
  for (let kills = 0; kills < story.kills; kills++) {
    const seenBefore = seen.size;
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
    const exited = new Promise((resolve) => child.once("exit", resolve));
    await Promise.race([sleep(Math.random() * longestMs), exited]);
    if (child.exitCode !== null) {
      end = `It ended by itself with ${child.exitCode}: ${said}`;
      break;
    }
    child.kill("SIGKILL");
    await exited;
    const [name] = await readdir(join(folder, "runs")).catch(() => []);
    if (name !== undefined) run = join(folder, "runs", name);
    for (const row of name === undefined ? [] : await committedRows(run)) {
      const now = { row: JSON.stringify(row), hash: await traceHash(run, row) };
      expect(seen.get(row.trialId) ?? now).toEqual(now);
      seen.set(row.trialId, now);
    }
    if (seen.size === seenBefore) longestMs *= 1.15;
  }
  expect({ seen: seen.size, end }).not.toEqual({ seen: 0, end });
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "run", "--resume", run, "--json"], { cwd: folder });
  const [result] = (
    JSON.parse(stdout) as { runs: { counts: Record<string, number>; tasks: { metrics: Record<string, { value: number }> }[] }[] }
  ).runs;
  expect(result?.counts).toMatchObject({ planned: instances, completed: instances, error: 0, cancelled: 0 });
  expect(result?.tasks[0]?.metrics["accuracy"]?.value).toBe(1);
  const rows = await committedRows(run);
  expect(rows.map((row) => row.trialId).toSorted()).toEqual([...new Set(rows.map((row) => row.trialId))].toSorted());
  expect(rows).toHaveLength(instances);
  for (const row of rows) {
    const before = seen.get(row.trialId);
    if (before) expect({ row: JSON.stringify(row), hash: await traceHash(run, row) }).toEqual(before);
  }
  expect(await readdir(join(folder, "runs"))).toHaveLength(1);
  await rm(join(folder, "runs"), { recursive: true });
}

test(
  "killed at random moments, the same command goes on: no finished agent trial is lost, repeated or changed",
  { timeout: 300_000 },
  async () => {
    await killedAmidst({
      kills: 50,
      file: "agent.ts",
      instances: 150,
      harness: "agent",
      reference: '{ commands: ["cat n.txt"], answer: String(n * n) }',
    });
  },
);

test(
  "killed at random moments, the same command goes on: no finished single-call trial is lost, repeated or changed",
  { timeout: 300_000 },
  async () => {
    await killedAmidst({ kills: 25, file: "direct.ts", instances: 20_000, harness: "baseline", reference: "{ text: String(n * n) }" });
  },
);
