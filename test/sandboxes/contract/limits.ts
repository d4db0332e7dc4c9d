import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";

const ENDLESS = "while :; do :; done";

export function limitBehaviours({ shared, start, when }: ContractContext): void {
  it("keeps maxOutputBytes of both streams together and counts what it dropped", async () => {
    const command = "seq 1 2000; seq 1 2000 >&2; exit 4";
    const whole = await shared().exec(command);
    const totalBytes = whole.stdout.length + whole.stderr.length;
    const cut = await shared().exec(command, { maxOutputBytes: 10_000 });
    expect(cut.stdout.length + cut.stderr.length).toBe(10_000);
    expect(cut).toMatchObject({ truncated: true, droppedBytes: totalBytes - 10_000, exitCode: 4 });
    expect(Buffer.from(whole.stdout).subarray(0, cut.stdout.length).equals(cut.stdout)).toBe(true);
  });

  it("is not truncated when the output fits exactly", async () => {
    expect(await shared().exec("printf 12345", { maxOutputBytes: 5 })).toMatchObject({ truncated: false, droppedBytes: 0 });
    expect(await shared().exec("printf 12345", { maxOutputBytes: 4 })).toMatchObject({ truncated: true, droppedBytes: 1 });
  });

  it("shows onOutput also what maxOutputBytes drops from the result", async () => {
    let seenBytes = 0;
    await shared().exec("seq 1 2000", { maxOutputBytes: 100, onOutput: (_stream, bytes) => void (seenBytes += bytes.length) });
    expect(seenBytes).toBe(8893);
  });

  it("ends an endless loop at the timeout and stays usable, its files intact", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("kept.txt", "kept");
    await sandbox.exec("mkdir made && echo more > made/more.txt && chmod 600 made/more.txt");
    const result = await sandbox.exec(`echo before; ${ENDLESS}`, { timeoutMs: 500 });
    expect(result.timedOut).toBe(true);
    expect(result.exitCode).not.toBe(0);
    expect(result.durationMs).toBeLessThan(10_000);
    expect(text(await sandbox.readFile("kept.txt"))).toBe("kept");
    expect(text((await sandbox.exec("cat made/more.txt; stat -c %a made/more.txt")).stdout)).toBe("more\n600\n");
  });

  it("returns what was printed before the timeout", async () => {
    const result = await shared().exec(`echo out; echo err >&2; ${ENDLESS}`, { timeoutMs: 500 });
    expect([text(result.stdout), text(result.stderr), result.timedOut]).toEqual(["out\n", "err\n", true]);
  });

  it("ends a loop inside awk, and one that waits", async () => {
    expect((await shared().exec("awk 'BEGIN { while (1) x++ }'", { timeoutMs: 500 })).timedOut).toBe(true);
    const waiting = await shared().exec("sleep 30", { timeoutMs: 300 });
    expect(waiting.timedOut).toBe(true);
    expect(waiting.durationMs).toBeLessThan(10_000);
    expect(text((await shared().exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("ends an endless loop in an array command", async () => {
    expect((await shared().exec(["sh", "-c", ENDLESS], { timeoutMs: 500 })).timedOut).toBe(true);
  });

  it("rejects with the signal's reason when it is aborted, and stays usable", async () => {
    const controller = new AbortController();
    const pending = shared().exec(ENDLESS, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 300);
    await expect(pending).rejects.toThrow("enough");
    await expect(shared().exec("echo never", { signal: controller.signal })).rejects.toThrow("enough");
    expect(text((await shared().exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("lets other sandboxes go on beside an endless loop", async () => {
    await using burner = await start();
    const burning = burner.exec(ENDLESS, { timeoutMs: 1500 });
    const result = await shared().exec("echo free");
    expect(text(result.stdout)).toBe("free\n");
    expect((await burning).timedOut).toBe(true);
  });

  it("ends the endless loop of one command without harming another of the same sandbox", async () => {
    const [endless, short] = await Promise.all([
      shared().exec(ENDLESS, { timeoutMs: 600 }),
      shared().exec("sleep 0.05; echo done; exit 3"),
    ]);
    expect(endless.timedOut).toBe(true);
    expect([text(short.stdout), short.exitCode, short.timedOut]).toEqual(["done\n", 3, false]);
  });

  when("hasProcesses")("kills the whole process tree at the timeout", async () => {
    await using sandbox = await start();
    // On a busy machine a command may be a second late.
    await sandbox.exec("(while :; do echo alive >> alive.txt; sleep 0.2; done) & sleep 30", { timeoutMs: 2500 });
    const before = (await sandbox.readFile("alive.txt")).length;
    expect(before).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect((await sandbox.readFile("alive.txt")).length).toBe(before);
  });
}
