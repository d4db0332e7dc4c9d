import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { AssayError, type ExecResult } from "../../src/index.ts";
import { sleep, text } from "../sandboxes/contract/context.ts";
import { startsSandboxes } from "./opened-backend.ts";
import { hasEngine } from "./requires.ts";

const NOTICE = "[assay] The session ended; the next command starts in a new one, without this one's folder, variables and functions.\n";

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("a sandbox that gets no time, or whose shells are stopped", () => {
  const start = startsSandboxes(docker, "docker-stopped");

  it("loses no command that is paused and goes on within its time", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    const container = new Docker().getContainer(sandbox.id);
    const command = sandbox.exec("echo begun; sleep 3; echo done", { timeoutMs: 50_000 });
    await sleep(1_000);
    await container.pause();
    // Longer than several looks at its lane take.
    await sleep(7_000);
    await container.unpause();
    const result = await command;
    expect([text(result.stdout), result.exitCode]).toEqual(["begun\ndone\n", 0]);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("ends a command that stays paused at its timeout, and answers the next one or says that it is gone", async () => {
    await using sandbox = await start();
    const container = new Docker().getContainer(sandbox.id);
    const startedAt = performance.now();
    const command = sandbox.exec("echo begun; sleep 60", { timeoutMs: 3_000 });
    await sleep(1_000);
    await container.pause();
    const result = await command;
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    expect([text(result.stdout), result.timedOut, result.exitCode]).toEqual(["begun\n", true, 137]);
    // Docker refuses that where the command's end was the container's.
    await container.unpause().catch(() => {});
    expect(await answerOf(sandbox.exec("echo alive", { timeoutMs: 10_000 }))).toMatch(/^alive\n$|^sandbox\/gone$/);
  });

  it("says that a command could not be started beside a fork bomb that holds every process", { timeout: 120_000 }, async () => {
    await using sandbox = await start({ pids: 64 });
    const bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass";
    await answerOf(sandbox.exec(["sh", "-c", 'python3 -c "$1" & sleep 0.5', "sh", bomb], { timeoutMs: 10_000 }));
    for (const user of [undefined, "root"]) {
      const startedAt = performance.now();
      const answer = await answerOf(sandbox.exec("echo alive", { timeoutMs: 5_000, ...(user && { user }) }));
      // Its own time, and what a kill may take until it gives up.
      expect(performance.now() - startedAt).toBeLessThan(40_000);
      expect(answer).toMatch(/^alive\n$|no process could be started|OCI runtime exec failed|^timed out$|^sandbox\//);
    }
  });

  it("gives the next command a shell that runs, where unused ones were stopped with the one that is lost", async () => {
    await using sandbox = await start();
    const four = (command: string) => Promise.all(Array.from({ length: 4 }, () => answerOf(sandbox.exec(command, { timeoutMs: 20_000 }))));
    await four("sleep 0.3");
    expect(await answerOf(sandbox.exec("kill -STOP $PPID; kill -STOP -1", { timeoutMs: 20_000 }))).toBe("sandbox/channel");
    expect(await four("sleep 0.3; echo alive")).toEqual(["alive\n", "alive\n", "alive\n", "alive\n"]);
  });

  it("ends a session whose shell is stopped long before its command's timeout, as one whose shell was killed", async () => {
    await using sandbox = await start();
    await using shell = await sandbox.shell();
    for (const signal of ["STOP", "KILL"]) {
      await shell.exec("cd /tmp; KEPT=1");
      const result = await shell.exec(`echo begun; kill -${signal} $$; echo never`, { timeoutMs: 60_000 });
      expect([result.timedOut, result.exitCode, text(result.stdout), text(result.stderr)]).toEqual([false, 137, "begun\n", NOTICE]);
      expect(result.durationMs).toBeLessThan(20_000);
      expect(text((await shell.exec('pwd; echo "[$KEPT]"')).stdout)).toBe("/workspace\n[]\n");
    }
  });

  it("keeps a session whose shell another process continues after a moment", async () => {
    await using sandbox = await start();
    await using shell = await sandbox.shell();
    const result = await shell.exec("(sleep 0.3; kill -CONT $$) & kill -STOP $$; echo again", { timeoutMs: 30_000 });
    expect([text(result.stdout), result.exitCode]).toEqual(["again\n", 0]);
  });

  it("leaves a command that stops a process of its own to its timeout", async () => {
    await using sandbox = await start();
    await using shell = await sandbox.shell();
    const result = await shell.exec("echo begun; sh -c 'kill -STOP $$'", { timeoutMs: 4_000 });
    expect([result.timedOut, text(result.stdout), text(result.stderr)]).toEqual([true, "begun\n", NOTICE]);
    expect(text((await shell.exec("echo alive")).stdout)).toBe("alive\n");
  });
});

/** What a command printed, or the code of the error that came instead. */
async function answerOf(command: Promise<ExecResult>): Promise<string> {
  try {
    const { timedOut, stdout, stderr } = await command;
    return timedOut ? "timed out" : Buffer.concat([stdout, stderr]).toString();
  } catch (error) {
    if (error instanceof AssayError) return error.code;
    throw error;
  }
}
