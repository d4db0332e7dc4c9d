import { expect, it } from "vitest";
import { sleep, text, type ContractContext } from "./context.ts";

/** What a broken sandbox may still answer: the command's result, or honestly that it is gone or cannot carry commands. */
const HONEST_ENDS = ["sandbox/gone", "sandbox/failed", "sandbox/channel"];
/** The result of a command for which the bomb left no process: a failure that says so. */
const NO_PROCESS = /^126 .*no process could be started|^[12] .*fork/is;

export function resourceBehaviours({ shared, start, when }: ContractContext): void {
  const behaviour = when("canLimitResources");

  behaviour("says that a command was killed for memory, and stays usable", async () => {
    await using sandbox = await start({ memoryMiB: 96 });
    await sandbox.writeFile("kept.txt", "kept");
    const result = await sandbox.exec("tail /dev/zero", { timeoutMs: 60_000 });
    expect(result).toMatchObject({ exitCode: 137, oomKilled: true, timedOut: false });
    expect(text((await sandbox.exec("cat kept.txt")).stdout)).toBe("kept");
    expect((await sandbox.exec("exit 137")).oomKilled ?? false).toBe(false);
  });

  behaviour("contains a fork bomb: it goes on or ends honestly, and other sandboxes do not notice", { timeout: 60_000 }, async () => {
    await using sandbox = await start({ pids: 64 });
    const bomb = sandbox.exec("bomb() { bomb | bomb & bomb; }; bomb", { timeoutMs: 2000 }).catch((error: unknown) => error);
    await sleep(500);
    const beside = await shared().exec("echo beside");
    expect([text(beside.stdout), beside.durationMs < 10_000]).toEqual(["beside\n", true]);
    await bomb;
    // The command may have ended before its bomb: what it left behind then goes on.
    const after = await sandbox.exec("echo after", { timeoutMs: 20_000 }).then(
      ({ stdout, stderr, exitCode, timedOut }) => (timedOut ? "timed out" : `${exitCode} ${text(stdout)}${text(stderr)}`),
      (error: unknown) => error,
    );
    const hasHonestResult = after === "0 after\n" || after === "timed out" || NO_PROCESS.test(String(after));
    if (!hasHonestResult) expect(after).toMatchObject({ code: expect.toBeOneOf(HONEST_ENDS) });
  });

  behaviour("answers a full disk as the program's failure, and goes on", async () => {
    await using sandbox = await start();
    const result = await sandbox.exec("head -c 5000000000 /dev/zero > /dev/shm/fill");
    expect(result.exitCode).not.toBe(0);
    expect(text(result.stderr)).toMatch(/no space|i\/o error/i);
    await expect(sandbox.writeFile("/dev/shm/more.bin", new Uint8Array(100_000))).rejects.toMatchObject({ code: "sandbox/path" });
    expect(text((await sandbox.exec("rm /dev/shm/fill && echo freed")).stdout)).toBe("freed\n");
    await sandbox.writeFile("/dev/shm/more.bin", new Uint8Array(100_000));
    expect((await sandbox.readFile("/dev/shm/more.bin")).length).toBe(100_000);
  });

  when("hasProcesses")("ends endless output at the timeout, and counts what it dropped", async () => {
    const result = await shared().exec("yes", { timeoutMs: 700, maxOutputBytes: 1000 });
    expect([result.timedOut, result.truncated, result.stdout.length]).toEqual([true, true, 1000]);
    expect(result.droppedBytes).toBeGreaterThan(100_000);
    expect(text((await shared().exec("echo quiet")).stdout)).toBe("quiet\n");
  });

  it("ends a command whose timeout is over at once", async () => {
    const result = await shared().exec("sleep 30", { timeoutMs: 1 });
    expect(result.timedOut).toBe(true);
    expect(result.durationMs).toBeLessThan(10_000);
  });

  it("takes a timeout that is beyond any timer for a long one", async () => {
    const results = await Promise.all(
      [1e12, Number.MAX_SAFE_INTEGER].map((timeoutMs) => shared().exec("sleep 0.2; echo waited", { timeoutMs })),
    );
    expect(results.map(({ stdout, timedOut }) => [text(stdout), timedOut])).toEqual([
      ["waited\n", false],
      ["waited\n", false],
    ]);
  });

  behaviour("gives folders in memory of the sizes that the spec asks for", async () => {
    await using sandbox = await start({ tmpfs: { "/scratch": 8 }, shmMiB: 4 });
    const fill = (path: string): string => `head -c 50000000 /dev/zero > ${path}/fill; wc -c < ${path}/fill`;
    const [scratch = 0, shared = 0] = text((await sandbox.exec(`${fill("/scratch")}; ${fill("/dev/shm")}`)).stdout)
      .trim()
      .split(/\s+/)
      .map(Number);
    expect([Math.round(scratch / 2 ** 20), Math.round(shared / 2 ** 20)]).toEqual([8, 4]);
    await expect(sandbox.writeFile("/scratch/more.txt", "x".repeat(100_000))).rejects.toMatchObject({ code: "sandbox/path" });
    await sandbox.exec("rm /scratch/fill");
    await sandbox.writeFile("/scratch/more.txt", "more");
    expect(text(await sandbox.readFile("/scratch/more.txt"))).toBe("more");
  });

  behaviour("holds the work folder to the disk space of the spec, and goes on when it is full", async () => {
    await using sandbox = await start({ diskMiB: 16 });
    const result = await sandbox.exec("head -c 100000000 /dev/zero > fill");
    expect([result.exitCode === 0, /no space|quota|i\/o error/i.test(text(result.stderr))]).toEqual([false, true]);
    await expect(sandbox.writeFile("more.bin", new Uint8Array(500_000))).rejects.toMatchObject({ code: "sandbox/path" });
    expect(text((await sandbox.exec("rm fill && echo more > more.txt && cat more.txt")).stdout)).toBe("more\n");
  });

  behaviour("keeps a read-only root, and what must be written can be", async () => {
    await using sandbox = await start({ readOnlyRoot: true });
    await using shell = await sandbox.shell();
    expect((await sandbox.exec("touch /etc/changed /opt/changed", { user: "root" })).exitCode).not.toBe(0);
    await sandbox.writeFile("made.txt", "made");
    const result = await shell.exec('cat made.txt - > "$HOME/both.txt" && cp "$HOME/both.txt" /tmp && cat /tmp/both.txt', {
      stdin: " here",
    });
    expect(text(result.stdout)).toBe("made here");
  });

  behaviour("holds processes to the ulimits of the spec", async () => {
    await using sandbox = await start({ ulimits: { nofile: 77, core: 0 } });
    expect(text((await sandbox.exec("ulimit -n; ulimit -Hn; ulimit -c")).stdout)).toBe("77\n77\n0\n");
  });
}
