import { describe, expect, it } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import type { Sandbox } from "../../src/index.ts";
import { sleep, text } from "../sandboxes/contract/context.ts";
import { startsSandboxes } from "./opened-backend.ts";
import { hasEngine } from "./requires.ts";

const docker = dockerSandbox();
/** Writes to both of its streams, where a closed one would end it, and to a file, which shows that it lives. */
const noisy = (name: string): string =>
  `(i=0; while :; do i=$((i + 1)); echo noise; echo noise >&2; echo $i >/tmp/${name}; sleep 0.05; done) & echo $! >/tmp/${name}.pid`;
/** Longer than the engine takes to close the pipes of a shell that has ended. */
const CLOSED_MS = 6_000;

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("what commands leave running", () => {
  const start = startsSandboxes(docker, "docker-daemons");

  const lives = async (sandbox: Sandbox, name: string): Promise<boolean> =>
    (await sandbox.exec(`test -e /proc/$(cat /tmp/${name}.pid)`)).exitCode === 0;
  const countOf = async (sandbox: Sandbox, needle: string): Promise<number> => {
    const script =
      'count=0; for file in /proc/[0-9]*/cmdline; do [ "$(tr "\\0" " " <"$file")" = "$1" ] && count=$((count + 1)); done; echo $count';
    return Number(text((await sandbox.exec(["sh", "-c", script, "sh", needle], { user: "root" })).stdout));
  };
  const shells = (sandbox: Sandbox): Promise<number> => countOf(sandbox, "/bin/sh ");

  it("lives and may print, also where it is another user's and not the first", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await sandbox.exec("sleep 100 &");
    await sandbox.exec(noisy("root"), { user: "root" });
    await sandbox.exec(noisy("agent"));
    await Promise.all(Array.from({ length: 8 }, () => sandbox.exec("true")));
    await sandbox.exec("true", { user: "root" });
    await sleep(CLOSED_MS);
    for (const name of ["root", "agent"]) {
      expect([name, await lives(sandbox, name)]).toEqual([name, true]);
      const before = text(await sandbox.readFile(`/tmp/${name}`));
      await expect.poll(async () => text(await sandbox.readFile(`/tmp/${name}`)), { timeout: 10_000 }).not.toBe(before);
    }
  });

  it("lives where many other commands begin and end at the same time", { timeout: 90_000 }, async () => {
    await using sandbox = await start();
    const names = Array.from({ length: 12 }, (_, index) => `among-${index}`);
    for (const name of names) {
      const others = Array.from({ length: 8 }, () => sandbox.exec("true"));
      await Promise.all([sandbox.exec(noisy(name)), ...others, ...others.map((other) => other.then(() => sandbox.exec("true")))]);
    }
    await sleep(CLOSED_MS);
    expect(await Promise.all(names.map((name) => lives(sandbox, name)))).toEqual(names.map(() => true));
  });

  it("outlives a timeout of a command that is not its own, also of a root's that may kill it", { timeout: 60_000 }, async () => {
    await using sandbox = await start({ capabilities: "default" });
    await sandbox.exec(noisy("agent"));
    expect((await sandbox.exec("sleep 60", { user: "root", timeoutMs: 500 })).timedOut).toBe(true);
    expect((await sandbox.exec("sleep 60", { timeoutMs: 500 })).timedOut).toBe(true);
    await sleep(CLOSED_MS);
    expect(await lives(sandbox, "agent")).toBe(true);
  });

  it("holds its lane's shell until it has ended, and not longer", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await sandbox.exec("true");
    for (let index = 0; index < 6; index += 1) await sandbox.exec("sleep 4 &");
    expect(await shells(sandbox)).toBeGreaterThanOrEqual(6);
    await sleep(4_500);
    await sandbox.exec("true");
    // A lane and a control for each of the two users, and the time that an ended shell takes.
    await expect.poll(() => shells(sandbox), { timeout: 10_000 }).toBeLessThanOrEqual(4);
  });

  it("is bounded in the shells that it holds, where 40 commands in a row leave something", { timeout: 120_000 }, async () => {
    await using sandbox = await start();
    for (let index = 0; index < 40; index += 1) await sandbox.exec("sleep 1000 &");
    expect(await countOf(sandbox, "sleep 1000 ")).toBe(40);
    // 32 that are kept, and lanes and controls as above.
    await expect.poll(() => shells(sandbox), { timeout: 10_000 }).toBeLessThanOrEqual(32 + 4);
    await sleep(CLOSED_MS);
    expect(await countOf(sandbox, "sleep 1000 ")).toBe(40);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("lives through the timeout of a command beside the session that started it", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await using session = await sandbox.shell();
    await sandbox.exec("true");
    await session.exec("(setsid sleep 600 >/dev/null 2>&1 & echo $! >/tmp/session.pid)");
    expect((await sandbox.exec("sleep 30", { timeoutMs: 300 })).timedOut).toBe(true);
    expect(await lives(sandbox, "session")).toBe(true);
  });

  it.each(["none", "default"] as const)(
    "is not what carries commands: a sandbox whose first command is root's and times out lives (capabilities: %s)",
    async (capabilities) => {
      await using sandbox = await start({ capabilities });
      expect((await sandbox.exec("sleep 30", { user: "root", timeoutMs: 300 })).timedOut).toBe(true);
      expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
    },
  );

  it("is not what the first process waits with: a sandbox whose first lane was killed lives through timeouts", async () => {
    await using sandbox = await start();
    await sandbox.exec("kill -9 $PPID").catch(() => {});
    for (let round = 0; round < 3; round += 1) expect((await sandbox.exec("sleep 30", { timeoutMs: 300 })).timedOut).toBe(true);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });
});
