import { expect } from "vitest";
import { sleep, text, type ContractContext } from "./context.ts";

/** Without QUIT, which busybox's shell ignores. */
const SIGNALS = { HUP: 1, INT: 2, ILL: 4, ABRT: 6, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15 };
/** A process tree that ignores what can be ignored, with parts in sessions of their own; each part writes on. */
const STUBBORN_TREE = `trap '' TERM INT HUP
(trap '' TERM INT HUP; while :; do echo a >> tree.txt; sleep 0.1; done) &
setsid sh -c "trap '' TERM INT HUP; while :; do echo b >> tree.txt; sleep 0.1; done" &
setsid sh -c 'setsid sh -c "while :; do echo c >> tree.txt; sleep 0.1; done" & wait' &
(setsid sh -c "while :; do echo d >> tree.txt; sleep 0.1; done" > /dev/null 2>&1 &)
while :; do sleep 1; done`;

export function processBehaviours({ shared, start, when }: ContractContext): void {
  const behaviour = when("hasProcesses");

  behaviour("answers a command that a signal killed with 128 + its number", async () => {
    const signals = Object.entries(SIGNALS);
    const results = await Promise.all(
      signals.map(([name], index) => shared().exec(index % 2 === 0 ? `kill -${name} $$` : ["sh", "-c", `kill -${name} $$`])),
    );
    expect(results.map(({ exitCode }, index) => [signals[index]?.[0], exitCode])).toEqual(signals.map(([name, n]) => [name, 128 + n]));
    expect(results.map(({ stdout, stderr, timedOut }) => [text(stdout), text(stderr), timedOut])).toEqual(
      signals.map(() => ["", "", false]),
    );
  });

  behaviour("starts a command with no signal ignored or blocked", async () => {
    const read = "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t'";
    const none = `SigBlk:${"0".repeat(16)}\nSigIgn:${"0".repeat(16)}\n`;
    expect(text((await shared().exec(read)).stdout)).toBe(none);
    expect(text((await shared().exec(["sh", "-c", read])).stdout)).toBe(none);
    expect(text((await shared().exec("yes | head -n 1")).stderr)).toBe("");
  });

  behaviour("hands a command its three streams and nothing else, none of them a terminal", async () => {
    expect(text((await shared().exec(["sh", "-c", "ls /proc/$$/fd; [ -t 0 ] || [ -t 1 ] || echo no terminal"])).stdout)).toBe(
      "0\n1\n2\nno terminal\n",
    );
    expect(text((await shared().exec("ls /proc/$$/fd; :")).stdout)).toBe("0\n1\n2\n");
  });

  behaviour("ends with the command, not with the background process that holds its output", async () => {
    const result = await shared().exec("(sleep 3; echo late) & echo started; exit 4");
    expect([text(result.stdout), result.exitCode]).toEqual(["started\n", 4]);
    expect(result.durationMs).toBeLessThan(2500);
    await sleep(Math.max(0, 3300 - result.durationMs));
    expect(text((await shared().exec("echo next")).stdout)).toBe("next\n");
  });

  behaviour("keeps a background process's chatter out of later commands, and lets it live and work", async () => {
    await using sandbox = await start();
    // An earlier daemon: it is not by the very first command's streams that the noisy one lives.
    await sandbox.exec("sleep 100 &");
    const noisy = "(i=0; while :; do i=$((i + 1)); echo noise; echo noise >&2; echo $i >> work.txt; sleep 0.02; done) & echo $! > pid.txt";
    expect((await sandbox.exec(noisy)).exitCode).toBe(0);
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) => sandbox.exec(`sleep 0.1; echo ${index}; echo e${index} >&2`)),
    );
    expect(results.map(({ stdout, stderr }) => [text(stdout), text(stderr)])).toEqual(
      results.map((_, index) => [`${index}\n`, `e${index}\n`]),
    );
    // Longer than an engine takes to close the pipes of what has ended.
    await sleep(6000);
    const size = async (): Promise<number> => (await sandbox.readFile("work.txt")).length;
    const before = await size();
    await expect.poll(size, { timeout: 5000 }).toBeGreaterThan(before);
    expect((await sandbox.exec("kill -0 $(cat pid.txt) && kill $(cat pid.txt)")).exitCode).toBe(0);
  });

  behaviour("lets daemons of every kind outlive the command that started them", async () => {
    await using sandbox = await start();
    const write = (name: string): string => `sleep 0.6; echo ${name} >> daemons.txt`;
    await sandbox.exec(
      `(${write("group")}) & nohup sh -c '${write("nohup")}' > /dev/null 2>&1 & setsid sh -c '${write("session")}' & (setsid sh -c '(${write("twice")}) &' < /dev/null > /dev/null 2>&1 &)`,
    );
    await sandbox.exec("sleep 30", { timeoutMs: 200 });
    await sleep(1500);
    expect(
      text(await sandbox.readFile("daemons.txt"))
        .split("\n")
        .toSorted(),
    ).toEqual(["", "group", "nohup", "session", "twice"]);
  });

  when("hasProcesses", "hasPython")("keeps a server up for later commands", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("served.txt", "served");
    await sandbox.exec("python3 -m http.server 8765 --bind 127.0.0.1 > server.log 2>&1 &");
    const fetch =
      "import time, urllib.request\nfor _ in range(100):\n    try:\n        print(urllib.request.urlopen('http://127.0.0.1:8765/served.txt').read().decode())\n        break\n    except OSError:\n        time.sleep(0.1)";
    expect(text((await sandbox.exec(["python3", "-c", fetch])).stdout)).toBe("served\n");
  });

  behaviour("leaves no zombies of what was left behind", async () => {
    await shared().exec("for i in 1 2 3 4 5 6 7 8; do (sleep 0.1 &); sleep 0.1 & done");
    await sleep(800);
    expect(text((await shared().exec("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l")).stdout).trim()).toBe("0");
  });

  behaviour("runs 100 commands at once, each with its own output", { timeout: 120_000 }, async () => {
    await using sandbox = await start();
    const startedAt = performance.now();
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const results = await Promise.all(numbers.map((n) => sandbox.exec(`sleep 1; echo ${n}; echo err ${n} >&2; exit ${n}`)));
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`100 concurrent commands of 1 s each: ${seconds.toFixed(1)} s`);
    expect(results.map(({ stdout, stderr, exitCode }) => [text(stdout), text(stderr), exitCode])).toEqual(
      numbers.map((n) => [`${n}\n`, `err ${n}\n`, n]),
    );
  });

  behaviour("ends at the timeout a tree that ignores signals and has children in sessions of their own", async () => {
    await using sandbox = await start();
    const result = await sandbox.exec(STUBBORN_TREE, { timeoutMs: 900 });
    expect(result).toMatchObject({ timedOut: true, exitCode: 137 });
    const before = text(await sandbox.readFile("tree.txt"));
    expect([..."abcd"].every((letter) => before.includes(letter))).toBe(true);
    await sleep(700);
    expect(text(await sandbox.readFile("tree.txt"))).toBe(before);
  });

  behaviour("ends such a tree when it is aborted, too", async () => {
    await using sandbox = await start();
    await expect(sandbox.exec(STUBBORN_TREE, { signal: AbortSignal.timeout(900) })).rejects.toThrow("timeout");
    const before = text(await sandbox.readFile("tree.txt"));
    expect([..."abcd"].every((letter) => before.includes(letter))).toBe(true);
    await sleep(700);
    expect(text(await sandbox.readFile("tree.txt"))).toBe(before);
  });

  behaviour("spares at a timeout what other commands run", async () => {
    await using sandbox = await start();
    await sandbox.exec("(while :; do echo x >> daemon.txt; sleep 0.05; done) > /dev/null 2>&1 &");
    const [ended, spared] = await Promise.all([
      sandbox.exec("sleep 60 & sleep 60", { timeoutMs: 300 }),
      sandbox.exec("sleep 1.5; echo spared"),
    ]);
    expect([ended.timedOut, text(spared.stdout), spared.exitCode]).toEqual([true, "spared\n", 0]);
    const before = (await sandbox.readFile("daemon.txt")).length;
    await sleep(300);
    expect((await sandbox.readFile("daemon.txt")).length).toBeGreaterThan(before);
  });

  behaviour("survives a command that kills all it may", async () => {
    await using sandbox = await start();
    // What carries a command may be killed with it: then its result is not known, and that is said.
    const orUnknown = (error: unknown): void => expect(error).toMatchObject({ code: "sandbox/channel" });
    await sandbox.exec("kill -9 -1").catch(orUnknown);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
    await sandbox.exec("kill -STOP -1", { timeoutMs: 20_000 }).catch(orUnknown);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  behaviour("waits for a command that has closed its streams", async () => {
    const result = await shared().exec("exec >&- 2>&- <&-; sleep 0.5; exit 9");
    expect(result.exitCode).toBe(9);
    expect(result.durationMs).toBeGreaterThan(480);
  });

  behaviour("runs a shell that the command makes of itself, and a command that becomes another program", async () => {
    expect(text((await shared().exec("exec sh -c 'echo became; exit 5'")).stdout)).toBe("became\n");
    expect((await shared().exec("exec sh -c 'exit 5'")).exitCode).toBe(5);
    const trapped = await shared().exec("trap 'echo bye; exit 3' EXIT; trap 'echo term' TERM; kill -TERM $$; echo on");
    expect([text(trapped.stdout), trapped.exitCode]).toEqual(["term\non\nbye\n", 3]);
  });

  behaviour("tells the time of the host, and sleeps as long as asked", async () => {
    const result = await shared().exec("date +%s; sleep 1; date +%s");
    const [first = 0, second = 0] = text(result.stdout).split("\n").map(Number);
    expect(Math.abs(first - Date.now() / 1000)).toBeLessThan(result.durationMs / 1000 + 2);
    expect(second - first).toBeGreaterThanOrEqual(1);
    expect(result.durationMs).toBeGreaterThanOrEqual(1000);
  });

  behaviour("lets a command that kills its own group end alone", async () => {
    const [ended, beside] = await Promise.all([shared().exec("sleep 20 & kill -TERM 0"), shared().exec("sleep 0.5; echo beside")]);
    expect([ended.exitCode, text(ended.stderr), text(beside.stdout), beside.exitCode]).toEqual([143, "", "beside\n", 0]);
  });

  behaviour("leaves no process of its own behind, command after command", async () => {
    await using sandbox = await start();
    const runMany = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(Array.from({ length: 10 }, (_, index) => sandbox.exec(index % 2 === 0 ? "true" : "(sleep 0.01 &); echo x")));
      }
    };
    const countProcesses = async (): Promise<number> => Number(text((await sandbox.exec("ls /proc | grep -c '^[0-9]'")).stdout));
    await runMany(2);
    await sleep(300);
    const before = await countProcesses();
    await runMany(8);
    await sleep(300);
    expect(await countProcesses()).toBeLessThanOrEqual(before + 2);
  });
}
