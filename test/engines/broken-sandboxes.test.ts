/** One of eight agents breaks its own sandbox; the other seven notice nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import type { Prediction } from "../../src/core/record.ts";
import type { TraceEvent } from "../../src/core/trace.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn, type Started } from "../run/project.ts";
import { hasEngine } from "./requires.ts";

/** Of each other agent; the one that breaks its sandbox does so after some of them, when all others are at work. */
const COMMANDS = 30;
const COMMANDS_BEFORE = 12;
const COMMANDS_AFTER = 3;
/** A command sleeps 200 ms. Beside the break it takes at most twice what it took before, and this much more for a busy machine. */
const SLACK_MS = 150;
const ROOT = '{ user: "root", capabilities: "default" }';

interface Way {
  /** What the agent types. */
  command: string;
  spec?: string;
  /** How its trial ends. */
  ends: Partial<Prediction>;
  /** What the agent is told of the command itself, and of the next one; nothing where the trial ends by it. */
  told: readonly RegExp[];
  /** Whether the container is killed from outside while the command runs. */
  isKilled?: true;
}

const LOST = /^The tool bash failed: The shell that carried this command was killed or stopped, so its result is not known/;
const FINE = /^0\n\[exit code 0\]$/;

const WAYS: Record<string, Way> = {
  "its first process is killed, and with it the container": {
    command: "sleep 30",
    isKilled: true,
    ends: {
      status: "error",
      error: { code: "sandbox/gone", message: expect.stringContaining("container is not running any more") },
    },
    told: [],
  },
  "it kills every process there is": {
    command: "kill -9 -1; kill -9 1",
    spec: ROOT,
    ends: { status: "completed" },
    told: [LOST, FINE],
  },
  "it deletes /bin/sh": {
    command: "rm -f /bin/sh /usr/bin/sh /bin/dash /usr/bin/dash",
    spec: ROOT,
    ends: { status: "completed" },
    told: [/^\[no output\]\n\[exit code 0\]$/, FINE],
  },
  "it deletes every shell": {
    command: "rm -f /bin/*sh /usr/bin/*sh",
    spec: ROOT,
    ends: { status: "completed" },
    told: [/^\[no output\]\n\[exit code 0\]$/, /failed to execute sh: No such file or directory[^]*\[exit code 127\]$/],
  },
  "it stops its own shell": {
    command: "kill -STOP $PPID; kill -STOP -1",
    ends: { status: "completed" },
    told: [LOST, FINE],
  },
  "its disk is full": {
    command: "cat /dev/zero > fill",
    spec: "{ diskMiB: 64 }",
    ends: { status: "completed" },
    told: [/No space left on device[^]*\[exit code 1\]$/, FINE],
  },
};

function task(command: string, spec: string): string {
  const usual = (count: number): string[] => Array.from({ length: count }, (_, index) => `sleep 0.2; echo ${index}`);
  const broken = [...usual(COMMANDS_BEFORE), command, ...usual(COMMANDS_AFTER)];
  return countingTask({
    count: 8,
    instance: `reference: { commands: n === 4 ? ${JSON.stringify(broken)} : ${JSON.stringify(usual(COMMANDS))}, answer: String(n) },`,
  }).replace("sandbox: {}", `sandbox: ${spec}`);
}

interface Trial {
  row: Prediction;
  events: TraceEvent[];
}

/** When the breaking command was called, as milliseconds of the clock. */
function breakTime({ row, events }: Trial): number {
  const call = events.find((event) => fieldsOf(event, "tool.call")?.call === COMMANDS_BEFORE + 1);
  if (!call) throw new Error("the sandbox was never broken");
  return Date.parse(row.startedAt) + call.t;
}

/** How long the others' commands took that were over before the break, and those that ended after it. */
function besideBreak(trials: readonly Trial[], brokenAt: number): { before: number[]; after: number[] } {
  const before: number[] = [];
  const after: number[] = [];
  for (const { row, events } of trials) {
    for (const event of events) {
      const executed = fieldsOf(event, "sandbox.exec");
      if (executed?.phase !== "tool") continue;
      (Date.parse(row.startedAt) + event.t < brokenAt ? before : after).push(executed.durationMs);
    }
  }
  return { before, after };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
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
    it.each(Object.entries(WAYS))("%s", { timeout: 180_000 }, async (_, { command, spec = "{}", ends, told, isKilled }) => {
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
      const trials = await Promise.all(rows.map(async (row): Promise<Trial> => ({ row, events: await eventsOf(folder, run, row) })));
      const broken = trials.find(({ row }) => row.instanceId === "n4");
      if (!broken) throw new Error("the agent that breaks its sandbox is missing");
      expect(broken.row).toMatchObject(ends);
      const shown = ofType(broken.events, "tool.result").slice(COMMANDS_BEFORE, COMMANDS_BEFORE + told.length);
      expect(shown.map((result) => result.shown)).toEqual(told.map((words) => expect.stringMatching(words)));

      const others = trials.filter((trial) => trial !== broken);
      expect(others.map(({ row: { status, scores } }) => [status, scores[0]?.value])).toEqual(
        Array.from({ length: 7 }, () => ["completed", 1]),
      );
      const { before, after } = besideBreak(others, breakTime(broken));
      expect(Math.min(before.length, after.length)).toBeGreaterThan(10);
      expect(median(after)).toBeLessThan(2 * median(before) + SLACK_MS);
      expect(Math.max(...after)).toBeLessThan(15_000);
      const { stdout } = await execa("docker", ["ps", "--all", "--quiet", "--filter", `label=assay.run=${run.runId}`]);
      expect(stdout).toBe("");
    });
  },
);
