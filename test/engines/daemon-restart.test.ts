/** The Docker daemon dies in the middle of a run and comes back. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "../run/project.ts";
import { hasEngine } from "./requires.ts";
import { secondDocker, whyNoSecondDocker } from "./second-docker.ts";

const IMAGE = "debian:bookworm-slim";
const canRun = (await hasEngine(docker, "scripts/start-docker.sh")) && (await whyNoSecondDocker()) === undefined;

const TASK = countingTask({
  count: 12,
  instance: 'reference: { commands: ["sleep 1; echo one", "sleep 1; echo two", "sleep 1; echo three"], answer: String(n) },',
}).replace("sandbox: {}", `sandbox: { image: "${IMAGE}" }`);

const GRADED = countingTask({ count: 6, instance: 'reference: { commands: ["true"], answer: String(n) },' })
  .replace("sandbox: {}", `sandbox: { image: "${IMAGE}" }`)
  .replace("exactMatch,", "verifier,")
  .replace(/exactMatch\(.*\)\]/, 'verifier({ command: "sleep 5" })]')
  .replace('score: "exact"', 'score: "verifier"');

async function unfinishedTraces(folder: string): Promise<string[]> {
  const files = await Array.fromAsync(glob("runs/*/traces/*.jsonl", { cwd: folder }));
  const traces = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return traces.filter((trace) => !trace.includes('"type":"trial.end"'));
}

describe.runIf(canRun)("a daemon that dies in the middle of a run", () => {
  it.each([
    { while: "trials run commands", amidst: /"type":"tool.call"/, task: TASK, planned: 12 },
    { while: "trials are graded", amidst: /"type":"wait.begin".*"for":"score"/, task: GRADED, planned: 6 },
  ])("while $while costs attempts, and no trial or score", { timeout: 240_000 }, async ({ amidst, task, planned }) => {
    await using second = await secondDocker([IMAGE]);
    await using folder = await project({ "task.ts": task });
    const options = ["-t", "./task.ts", "-H", "agent", "--sandbox", "docker", "--concurrency", "4", "--json"];
    const started = folder.start(["run", "-m", "mock/oracle", ...options], { DOCKER_HOST: second.address });
    let said = "";
    started.child.stderr.on("data", (text: string) => void (said += text));
    while (!/\] n\d+ +completed/.test(said) && started.child.exitCode === null) await sleep(50);
    // At a moment when some trial is certainly in the midst of it.
    while (!(await unfinishedTraces(folder.folder)).some((trace) => amidst.test(trace))) await sleep(20);
    await second.kill();
    await sleep(4_000);
    await second.start();
    const finished = await started.finished;

    const run = onlyRun(finished);
    expect(run.counts).toMatchObject({ planned, completed: planned, error: 0 });
    expect(run.tasks[0]).toMatchObject({ planned, scored: planned, unscored: 0 });
    expect(finished.code).toBe(0);
    expect(said).toContain("Waiting for Docker to answer at unix:");
    const again = (await trialsIn(folder, run)).filter((row) => row.attempt > 1);
    expect(again.length).toBeGreaterThan(0);
    for (const row of again) {
      const first = { ...row, trace: { file: row.trace.file.replace(".2.jsonl", ".1.jsonl") } };
      const [raised] = ofType(await eventsOf(folder, run, first), "error.raised");
      expect(raised?.code).toMatch(/^sandbox\/(gone|failed)$/);
    }
    expect(await second.docker("ps", "--all", "--quiet", "--filter", "label=assay.owner")).toBe("");
  });
});
