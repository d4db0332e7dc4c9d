/** One of eight agents breaks its own sandbox; the other seven notice nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import type { Prediction } from "../../src/core/record.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn, type Started } from "../run/project.ts";
import { hasEngine } from "./requires.ts";

const COMMANDS = 6;
const ROOT = '{ user: "root", capabilities: "default" }';

interface Way {
  /** What the agent types. */
  command: string;
  spec?: string;
  /** How its trial ends. */
  ends: Partial<Prediction>;
  /** Whether the container is killed from outside while the command runs. */
  isKilled?: true;
}

const WAYS: Record<string, Way> = {
  "its container is killed": { command: "sleep 30", isKilled: true, ends: { status: "error" } },
  "it kills every process there is": { command: "kill -9 -1; kill -9 1", spec: ROOT, ends: { status: "completed" } },
  "it deletes /bin/sh": { command: "rm -f /bin/sh /usr/bin/sh /bin/dash /usr/bin/dash", spec: ROOT, ends: { status: "completed" } },
  "it stops its own shell": { command: "kill -STOP $PPID; kill -STOP -1", ends: { status: "completed" } },
  "its disk is full": { command: "cat /dev/zero > fill", spec: "{ diskMiB: 64 }", ends: { status: "completed" } },
};

function task(command: string, spec: string): string {
  const usual = Array.from({ length: COMMANDS }, (_, index) => `sleep 0.2; echo ${index}`);
  const broken = [usual[0], command, ...usual.slice(1)];
  return countingTask({
    count: 8,
    instance: `reference: { commands: n === 4 ? ${JSON.stringify(broken)} : ${JSON.stringify(usual)}, answer: String(n) },`,
  }).replace("sandbox: {}", `sandbox: ${spec}`);
}

/** Waits for the container of a run's trial, and until its command runs. */
async function killContainer(child: Started["child"], trialId: string): Promise<void> {
  let runId: string | undefined;
  child.stderr.on("data", (text: Buffer) => void (runId ??= /^(\S+): \d+ trials/m.exec(text.toString())?.[1]));
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 200) {
    await sleep(200);
    if (runId === undefined) continue;
    const filters = [`label=assay.run=${runId}`, `label=assay.trial=${trialId}`].map((filter) => `--filter=${filter}`);
    const { stdout: id } = await execa("docker", ["ps", "--quiet", ...filters]);
    if (id === "") continue;
    const { stdout: processes } = await execa("docker", ["top", id]);
    if (!processes.includes("sleep 30")) continue;
    await execa("docker", ["kill", id]);
    return;
  }
  throw new Error("the command never ran");
}

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))(
  "a sandbox that breaks: its trial ends with a reason, the others go on",
  () => {
    it.each(Object.entries(WAYS))("%s", { timeout: 180_000 }, async (_, { command, spec = "{}", ends, isKilled }) => {
      await using folder = await project({ "task.ts": task(command, spec) });
      const options = [
        "-H",
        "agent",
        "--sandbox",
        "docker",
        "--concurrency",
        "8",
        "--retries",
        "0",
        "-o",
        "harness.commandTimeoutMs=60000",
      ];
      const started = folder.start(["run", "-m", "mock/oracle", "-t", "./task.ts", ...options, "--json"]);
      if (isKilled) await killContainer(started.child, "counting/n4/1");
      const run = onlyRun(await started.finished);
      const rows = await trialsIn(folder, run);
      const broken = rows.find(({ instanceId }) => instanceId === "n4");
      expect(broken).toMatchObject(ends);
      if (ends.status === "error") expect(broken?.error?.code).toBe("sandbox/gone");
      const others = rows.filter((row) => row !== broken);
      expect(others.map(({ status, scores }) => [status, scores[0]?.value])).toEqual(Array.from({ length: 7 }, () => ["completed", 1]));
      const commandMs = (await Promise.all(others.map((row) => eventsOf(folder, run, row))))
        .flatMap((events) => ofType(events, "sandbox.exec"))
        .filter(({ phase }) => phase === "tool")
        .map(({ durationMs }) => durationMs)
        .toSorted((a, b) => a - b);
      // Each sleeps for 200 ms: most take little more, on a loaded machine too.
      expect(commandMs[Math.floor(commandMs.length / 2)]).toBeLessThan(2_000);
      expect(commandMs.at(-1)).toBeLessThan(15_000);
      const { stdout } = await execa("docker", ["ps", "--all", "--quiet", "--filter", `label=assay.run=${run.runId}`]);
      expect(stdout).toBe("");
    });
  },
);
