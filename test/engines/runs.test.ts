/** Whole runs with Docker sandboxes, from the command line. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import docker from "../../sandboxes/docker.ts";
import { runResultSchema } from "../../src/core/record.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { readContent } from "../../src/store/content.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { hasEngine } from "./requires.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const outputSchema = z.object({ runs: z.array(runResultSchema) });

async function assay(cwd: string, ...args: string[]) {
  const { stdout } = await execa(process.execPath, [BIN, ...args, "--json"], { cwd });
  const [result] = outputSchema.parse(JSON.parse(stdout)).runs;
  if (!result) throw new Error("no run");
  return result;
}

async function containersOf(runId: string): Promise<string[]> {
  const { stdout } = await execa("docker", ["ps", "--all", "--format", "{{.Names}}", "--filter", `label=assay.run=${runId}`]);
  return stdout.split("\n").filter(Boolean);
}

/** A temporary folder that is gone afterwards. */
async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "assay-engines-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("runs in docker", () => {
  it("basics: the reference solutions score 1, doing nothing scores 0, no container is left", { timeout: 300_000 }, async () => {
    await using folder = await temporaryFolder();
    const oracle = await assay(folder.path, "run", "-m", "mock/oracle", "-t", "basics", "--sandbox", "docker");
    expect(oracle.tasks[0]?.metrics["accuracy"]).toMatchObject({ value: 1, n: oracle.counts.planned });
    const noop = await assay(folder.path, "run", "-m", "mock/noop", "-t", "basics", "--sandbox", "docker");
    expect(noop.tasks[0]?.metrics["accuracy"]).toMatchObject({ value: 0, n: oracle.counts.planned });
    expect([...(await containersOf(oracle.runId)), ...(await containersOf(noop.runId))]).toEqual([]);
  });

  it("killed amidst, the same command removes what was left and goes on", { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder();
    const args = ["run", "-m", "mock/oracle", "-t", "basics", "-n", "6", "--sandbox", "docker"];
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder.path, stdio: "ignore" });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    let runId: string | undefined;
    for (let left: string[] = []; left.length === 0; await sleep(50)) {
      [runId] = await readdir(join(folder.path, "runs")).catch(() => []);
      left = runId === undefined ? [] : await containersOf(runId);
    }
    child.kill("SIGKILL");
    await exited;
    expect(await containersOf(runId ?? "")).not.toEqual([]);
    const result = await assay(folder.path, ...args);
    expect(result).toMatchObject({ runId, status: "completed", counts: { planned: 6, completed: 6, error: 0 } });
    expect(await containersOf(runId ?? "")).toEqual([]);
  });

  it("a command that prints 5 MB and 1 MB and exits 7 is in the trace whole", { timeout: 60_000 }, async () => {
    const print =
      "import sys; sys.stdout.buffer.write(bytes(n % 256 for n in range(5_000_000))); sys.stderr.write('e' * 1_000_000); sys.exit(7)";
    const task = oneTrialTask(
      `files: { "print.py": ${JSON.stringify(print)} }, reference: { commands: ["python3 print.py"], answer: "42" }`,
    );
    await using run = await storedRun(task, ["-m", "mock/oracle", "-H", "agent", "--sandbox", "docker"]);
    const events = await Array.fromAsync(run.events());
    const exec = events.map((event) => fieldsOf(event, "sandbox.exec")).find((fields) => fields?.phase === "tool");
    if (!exec) throw new Error("no command was recorded");
    const stdout = Buffer.from(await readContent(run.path, exec.stdout));
    expect(stdout.equals(Buffer.from(Array.from({ length: 5_000_000 }, (_, n) => n % 256)))).toBe(true);
    expect(Buffer.from(await readContent(run.path, exec.stderr)).equals(Buffer.alloc(1_000_000, "e"))).toBe(true);
    expect(exec.exitCode).toBe(7);
  });

  it("an image that does not exist is one line with what to do, and leaves no run behind that cannot be resumed", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "task.ts"), oneTrialTask().replace("sandbox: {}", 'sandbox: { image: "no-such-image-anywhere:1" }'));
    const failed = await execa(
      process.execPath,
      [BIN, "run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "docker"],
      { cwd: folder.path, reject: false },
    );
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr.trim().split("\n").at(-1)).toMatch(/^assay: .*no-such-image-anywhere:1.*\[sandbox\/image\]$/);
  });
});
