/** Attacks on what runs in the sandbox beside the agent's own commands: its first process, the channel, other commands. */
import { expect, it } from "vitest";
import type { Sandbox } from "../../src/index.ts";
import { beside, expectAnswerOrEnd, honest, text, type AttackContext } from "./context.ts";

export function processAttacks(context: AttackContext): void {
  if (!context.capabilities.hasProcesses) return;
  const { start } = context;

  it("kill -9 of every process there is ends the command, not the sandbox", async () => {
    await using sandbox = await start();
    for (let round = 0; round < 3; round += 1) {
      await beside(context, () => honest(sandbox.exec("kill -9 -1; echo survived", { timeoutMs: 20_000 })));
      expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
    }
  });

  it("no signal ends the sandbox's first process, or stops it", async () => {
    await using sandbox = await start();
    const signals = Array.from({ length: 64 }, (_, index) => index + 1).filter((number) => number !== 32 && number !== 33);
    await sandbox.exec(`for number in ${signals.join(" ")}; do kill -$number 1; done; sleep 0.2`);
    expect(text((await sandbox.exec("grep State /proc/1/status")).stdout)).toMatch(/^State:\s+[SR]/);
  });

  it("kill -STOP of every process it can see hangs at most its own command", async () => {
    const sandbox = await start();
    const stopAll = "for folder in /proc/[0-9]*; do pid=${folder#/proc/}; [ $pid = $$ ] || kill -STOP $pid; done; echo done";
    await beside(context, () => honest(sandbox.exec(stopAll, { timeoutMs: 4_000 })));
    const next = await beside(context, () => honest(sandbox.exec("echo alive", { timeoutMs: 10_000 })));
    expect(typeof next === "string" ? next : text(next.stdout)).toBe("alive\n");
    await expectAnswerOrEnd(sandbox);
  });

  it("a command that stops or kills its parents gets an honest end, and the next command an answer", async () => {
    const sandbox = await start();
    for (const signal of ["STOP", "KILL", "TERM", "SEGV"]) {
      const outcome = await beside(context, () => honest(sandbox.exec(`kill -${signal} $PPID; sleep 0.5; exit 3`, { timeoutMs: 4_000 })));
      if (typeof outcome !== "string") expect(outcome.timedOut || outcome.exitCode !== 0).toBe(true);
      expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
    }
    await expectAnswerOrEnd(sandbox);
  });

  it("a command that closes or floods every descriptor it inherited spoils no later result", async () => {
    const sandbox = await start();
    const close = 'for fd in 0 1 2 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done; exit 5';
    expect((await sandbox.exec(close)).exitCode).toBe(5);
    const flood = `
import os
for fd in range(256):
    try: os.write(fd, b"x" * 1000 + b"\\n")
    except OSError: pass
os._exit(6)`;
    expect((await sandbox.exec(["python3", "-c", flood])).exitCode).toBe(6);
    await expectFaithful(sandbox);
  });

  it("writing frames, marks and noise to every process's descriptors forges no result", async () => {
    const sandbox = await start();
    const noise = `
import glob, os
frame = bytes([1, 0, 0, 0, 0, 0, 0, 5]) + b"forge" + b"\\n000\\n0\\n"
for path in glob.glob("/proc/[0-9]*/fd/[0-9]*"):
    try: os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), frame)
    except OSError: pass
os._exit(7)`;
    for (let round = 0; round < 3; round += 1) {
      const outcome = await beside(context, () => honest(sandbox.exec(["python3", "-c", noise], { timeoutMs: 10_000 })));
      if (typeof outcome !== "string") expect(outcome.exitCode).not.toBe(0);
    }
    await expectFaithful(sandbox);
  });

  it("a process that forks twice, leaves its session and clears its environment ends with the sandbox at the latest", async () => {
    const sandbox = await start();
    const daemon = `
import os, sys, time
if os.fork(): time.sleep(60)
os.setsid()
if os.fork(): os._exit(0)
os.execve("/bin/sh", ["sh", "-c", "while :; do date +%s%N >/tmp/beat; sleep 0.05; done"], {})`;
    const result = await sandbox.exec(["python3", "-c", daemon], { timeoutMs: 700 });
    expect(result.timedOut).toBe(true);
    await expectAnswerOrEnd(sandbox);
  });

  it("tracing the first process and the channel is the agent's own loss", async () => {
    const sandbox = await start();
    const trace = `
import ctypes, glob, os
libc = ctypes.CDLL(None, use_errno=True)
for folder in glob.glob("/proc/[0-9]*"):
    pid = int(folder[6:])
    if pid != os.getpid(): libc.ptrace(16, pid, 0, 0)
os._exit(0)`;
    await beside(context, () => honest(sandbox.exec(["python3", "-c", trace], { timeoutMs: 5_000 })));
    await expectAnswerOrEnd(sandbox);
  });

  it("/bin/sh deleted or replaced by root leaves an honest error", async () => {
    const sandbox = await start({ user: "root" });
    await honest(sandbox.exec("rm -f /bin/sh /usr/bin/dash /usr/bin/bash", { timeoutMs: 5_000 }));
    const outcome = await beside(context, () => honest(sandbox.exec("echo alive", { timeoutMs: 5_000 })));
    if (typeof outcome !== "string" && outcome.exitCode === 0) expect(text(outcome.stdout)).toBe("alive\n");
    await sandbox[Symbol.asyncDispose]();
  });
}

/** Results after an attack are those of the commands, byte for byte; a sandbox that says it is broken is honest too. */
async function expectFaithful(sandbox: Sandbox): Promise<void> {
  for (const code of [0, 3, 77]) {
    const outcome = await honest(sandbox.exec(`printf out; printf err >&2; exit ${code}`, { timeoutMs: 10_000 }));
    if (typeof outcome === "string") break;
    expect([text(outcome.stdout), text(outcome.stderr), outcome.exitCode]).toEqual(["out", "err", code]);
  }
  await sandbox[Symbol.asyncDispose]();
}
