import { spawn } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));

/** The second instance is graded when the file `go` is there, else after a minute. */
const WAITING = `
import { existsSync } from "node:fs";
import { accuracy, defineScorer, defineTask, z } from "assay";

export default defineTask({
  name: "waiting",
  description: "Waits to be let go.",
  source: () => ["one", "two"],
  row: z.string(),
  toInstance: (id) => ({ id, data: {}, reference: { text: "x" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "?" }] }),
  scorers: [defineScorer({ name: "late", sandbox: "fresh", score: ({ instance, signal }) => new Promise((resolve, reject) => {
    if (instance.id === "one" || existsSync("go")) return resolve({ value: 1 });
    const timer = setTimeout(() => resolve({ value: 0 }), 60_000);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  }) })],
  metrics: [accuracy({ score: "late" })],
  primaryMetric: "accuracy",
});
`;

/** Runs the command in the folder and sends these signals, one after the other, once the first trial has ended. */
function runUntilFirstTrial(cwd: string, signals: readonly NodeJS.Signals[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [BIN, "run", "-m", "mock/oracle", "-t", "./waiting.ts"], { cwd });
  let stderr = "";
  let hasSent = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (hasSent || !stderr.includes("[1/2]")) return;
    hasSent = true;
    for (const signal of signals) child.kill(signal);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

test("a closed terminal, told twice, stops a run as Ctrl-C does, and the same command goes on", { timeout: 120_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-hang-up-"));
  await writeFile(join(folder.path, "waiting.ts"), WAITING);

  const stopped = await runUntilFirstTrial(folder.path, ["SIGHUP", "SIGHUP"]);
  expect(stopped).toMatchObject({ code: 130 });
  expect(stopped.stderr).toContain("Stopping: running trials are cancelled and cleaned up.");
  expect(stopped.stderr).toMatch(/To go on: assay run --resume runs\//);

  await writeFile(join(folder.path, "go"), "");
  const finished = await runUntilFirstTrial(folder.path, []);
  expect(finished).toMatchObject({ code: 0 });
  expect(finished.stderr).toMatch(/Continuing runs\/.*, which was left unfinished/);
  expect(finished.stderr).toContain("[2/2] two  completed");
});
