/** Too many processes, too much memory, too large files: each ends at the sandbox's own limits. */
import { expect, it } from "vitest";
import { beside, expectAnswerOrEnd, honest, python, text, type AttackContext } from "./context.ts";

const FORK_BOMBS = {
  "of shell functions": "bomb() { bomb | bomb & bomb; }; bomb",
  "of processes that ignore every signal they can": `python3 -c '
import os, signal
for number in range(1, 32):
    if number not in (9, 19): signal.signal(number, signal.SIG_IGN)
while True:
    try: os.fork()
    except OSError: pass'`,
  "whose every generation is a session of its own with an empty environment":
    "printf '#!/bin/sh\\nwhile :; do env -i setsid /tmp/bomb & done\\n' >/tmp/bomb; chmod +x /tmp/bomb; /tmp/bomb",
  "of threads": `python3 -c '
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(60,)).start()
    except RuntimeError: pass'`,
};

export function resourceAttacks(context: AttackContext): void {
  const { start, capabilities } = context;

  it.runIf(capabilities.canLimitResources).for(Object.entries(FORK_BOMBS))(
    "a fork bomb %s stays within its pids and ends with its time",
    async ([, bomb]) => {
      const sandbox = await start({ pids: 100, memoryMiB: 256 });
      const outcome = await beside(context, () => honest(sandbox.exec(bomb, { timeoutMs: 1_500 })));
      if (typeof outcome !== "string") {
        expect(outcome.timedOut || outcome.exitCode !== 0).toBe(true);
        // A hundred processes that shrug off signals, on a machine that runs two other suites: the end takes longest to be heard of.
        expect(outcome.durationMs).toBeLessThan(60_000);
      }
      await expectAnswerOrEnd(sandbox);
    },
  );

  it.runIf(capabilities.canLimitResources)("a memory bomb of one process is killed and reported as such", async () => {
    await using sandbox = await start({ memoryMiB: 128 });
    const result = await beside(context, () => sandbox.exec(["python3", "-c", "held = bytearray(1_000_000_000)"]));
    expect(result).toMatchObject({ exitCode: 137, oomKilled: true, timedOut: false });
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it.runIf(capabilities.canLimitResources)("a memory bomb of many processes takes no more than the sandbox's memory", async () => {
    const sandbox = await start({ memoryMiB: 128 });
    const many = `for i in $(seq 30); do python3 -c 'import time; held = bytearray(40_000_000); time.sleep(1)' & done; wait; echo over`;
    await beside(context, () => honest(sandbox.exec(many, { timeoutMs: 20_000 })));
    await expectAnswerOrEnd(sandbox);
  });

  it.runIf(capabilities.canLimitResources)("memory held in files of /dev/shm, pipes and the kernel's queues is counted too", async () => {
    const sandbox = await start({ memoryMiB: 128 });
    const shm = await honest(
      sandbox.exec("for i in 1 2 3 4; do head -c 100000000 /dev/zero >/dev/shm/$i; done; du -m /dev/shm | cut -f 1"),
    );
    if (typeof shm !== "string" && shm.exitCode === 0) expect(Number(text(shm.stdout))).toBeLessThanOrEqual(128);
    const pipes = `
import os
held = []
for _ in range(1500):
    try:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        os.write(writer, bytes(65536))
        held.append((reader, writer))
    except OSError: break
print("over")`;
    await beside(context, () => honest(sandbox.exec(["python3", "-c", pipes])));
    await expectAnswerOrEnd(sandbox);
  });

  it.runIf(capabilities.canUseImages)("a disk filler ends at the work folder's own space where the spec gives it one", async () => {
    await using sandbox = await start({ diskMiB: 64 });
    const fill =
      "head -c 300000000 /dev/zero >filler; ls -l filler | tr -s ' ' | cut -d ' ' -f 5; for n in $(seq 100000); do : >small$n || break; done 2>/dev/null; rm -f filler";
    const result = await beside(context, () => sandbox.exec(fill, { timeoutMs: 20_000 }));
    expect(text(result.stderr)).toMatch(/No space left|quota/i);
    expect(Number(text(result.stdout))).toBeLessThanOrEqual(64 * 1024 * 1024);
  });

  it("processes beyond nice and CPU time leave the neighbour its share", async () => {
    await using sandbox = await start({ cpus: 1 });
    const burn = "for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait";
    const result = await beside(context, () => sandbox.exec(burn, { timeoutMs: 1_500 }));
    expect(result.timedOut).toBe(true);
  });

  it.runIf(capabilities.hasProcesses)("limits cannot be raised, nor the killer of memory sent to others", async () => {
    const program = `
import resource
for name in ("RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_MEMLOCK", "RLIMIT_NICE", "RLIMIT_RTPRIO"):
    limit = getattr(resource, name)
    soft, hard = resource.getrlimit(limit)
    if hard == resource.RLIM_INFINITY: continue
    try:
        resource.setrlimit(limit, (hard + 1, hard + 1))
        print("raised", name)
    except (ValueError, OSError): pass
import os
try:
    os.nice(-5)
    print("raised priority")
except OSError: pass
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    print("realtime")
except OSError: pass
try:
    os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")
    print("never killed")
except OSError: pass`;
    expect(await python(context.shared(), program)).toBe("");
    const ulimits = "ulimit -n 2000000 2>/dev/null && echo raised; ulimit -u unlimited 2>/dev/null && echo raised; true";
    expect(text((await context.shared().exec(ulimits)).stdout)).toBe("");
  });

  it.runIf(capabilities.canUseImages)("50,000 files are made, listed and removed without the neighbour noticing", async () => {
    await using sandbox = await start();
    const program =
      "import os\nos.mkdir('many')\nfor n in range(50_000): os.close(os.open(f'many/{n}', os.O_CREAT | os.O_WRONLY))\nprint(len(os.listdir('many')))";
    const result = await beside(context, () => sandbox.exec(["python3", "-c", program], { timeoutMs: 60_000 }));
    expect(text(result.stdout)).toBe("50000\n");
    await expectAnswerOrEnd(sandbox);
  });
}
