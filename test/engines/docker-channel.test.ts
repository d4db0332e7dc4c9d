import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import { bytes, print } from "./random-bytes.ts";
import { startsSandboxes } from "./opened-backend.ts";
import { hasEngine } from "./requires.ts";

const byLanes = dockerSandbox();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe.runIf(await hasEngine(byLanes, "scripts/start-docker.sh"))("commands over lanes", () => {
  const start = startsSandboxes(byLanes, "channel");

  it("give concurrent commands each its own bytes, whatever they print and leave behind", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(bytes, bytes, fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 12 }), async (commands) => {
        const results = await Promise.all(
          commands.map(([out, err, code, leaves]) =>
            sandbox.exec(`${print(out)}; ${print(err)} >&2; ${leaves ? "(sleep 0.05; echo late; echo late >&2) &" : ""} exit ${code}`),
          ),
        );
        for (const [index, { stdout, stderr, exitCode }] of results.entries()) {
          const [out, err, code] = commands[index]!;
          expect([Buffer.from(stdout), Buffer.from(stderr), exitCode]).toEqual([Buffer.from(out), Buffer.from(err), code]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("never take output for a command's end", async () => {
    await using sandbox = await start();
    const marks = Array.from({ length: 200 }, (_, index) => `~${index.toString(16).padStart(48, "0")}0;`).join("\n");
    const result = await sandbox.exec("cat; cat /proc/$PPID/cmdline /proc/self/environ | tr '\\0' '\\n'; exit 3", { stdin: marks });
    expect(text(result.stdout)).toContain(marks);
    expect(result.exitCode).toBe(3);
    // Nor does the command find its own mark where it may look.
    expect(text(result.stdout).replace(marks, "")).not.toMatch(/~[0-9a-f]{48}/);
  });

  it.each([
    ["killed", "kill -9 $PPID; sleep 0.3"],
    ["killed with all else", "kill -9 -1"],
    ["killed while a process holds its streams", "setsid sh -c 'kill -9 '$PPID'; sleep 30' & sleep 30"],
    ["stopped", "kill -STOP $PPID; sleep 0.2"],
  ])("say that a lane was %s, and go on in another", { timeout: 30_000 }, async (_how, command) => {
    await using sandbox = await start();
    await sandbox.writeFile("kept.txt", "kept");
    const startedAt = performance.now();
    await expect(sandbox.exec(command)).rejects.toMatchObject({ code: "sandbox/channel" });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(text((await sandbox.exec("cat kept.txt")).stdout)).toBe("kept");
    // As fast as before: over a lane, not by the engine's exec.
    await sandbox.exec("true");
    const again = await Promise.all(Array.from({ length: 5 }, () => sandbox.exec("true")));
    expect(again.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
  });

  it("leave a lane that a background process may still write to, and let it write on", async () => {
    await using sandbox = await start();
    await sandbox.exec("(for i in 1 2 3 4 5 6 7 8; do echo noise; echo noise >&2; sleep 0.1; done; echo done >after.txt) &");
    for (let index = 0; index < 12; index += 1) {
      const { stdout, stderr } = await sandbox.exec(`sleep 0.05; echo ${index}`);
      expect([text(stdout), text(stderr)]).toEqual([`${index}\n`, ""]);
    }
    await sandbox.exec("sleep 1");
    expect(text(await sandbox.readFile("after.txt"))).toBe("done\n");
  });

  it("end what cleared its environment and left its session and parents, at its command's timeout", async () => {
    await using sandbox = await start();
    const escape = "env -i setsid sh -c '(sleep 1.5; echo escaped >/workspace/escaped.txt) &'; sleep 30";
    expect((await sandbox.exec(escape, { timeoutMs: 300 })).timedOut).toBe(true);
    await sandbox.exec("sleep 2");
    expect((await sandbox.exec("test -e /workspace/escaped.txt")).exitCode).toBe(1);
  });

  it("keep their own time under a fork bomb and end it at the timeout", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await sandbox.exec("true");
    // As long as a model thinks: then what ends the bomb is there before it.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const startedAt = performance.now();
    await sandbox.exec("bomb() { bomb | bomb & }; bomb; sleep 20", { timeoutMs: 1_000 }).catch(() => {});
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(text((await sandbox.exec("echo alive", { timeoutMs: 20_000 })).stdout)).toBe("alive\n");
  });

  it("stop waiting for a lane at the command's timeout", async () => {
    await using sandbox = await start();
    const results = await Promise.all(Array.from({ length: 20 }, () => sandbox.exec("sleep 5", { timeoutMs: 100 })));
    expect(results.every(({ timedOut, exitCode }) => timedOut && exitCode === 137)).toBe(true);
  });
});
