import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import embedded from "../../sandboxes/embedded.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../src/core/sandbox-spec.ts";
import { sandboxContract } from "./contract.ts";
import { LEAST_BEHAVIOURS } from "./least-behaviours.ts";
import { text } from "./contract/context.ts";

sandboxContract(embedded, { atLeast: LEAST_BEHAVIOURS });

async function open(spec: SandboxSpecInput = {}) {
  const backend = await embedded.open();
  const start = () => backend.start(sandboxSpecSchema.parse(spec), { owner: { runId: "embedded", trialId: "embedded/1/1", attempt: 1 } });
  return { start, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
}

describe("the embedded sandbox", () => {
  it("keeps the main loop free beside eight trials that burn CPU", { timeout: 60_000 }, async () => {
    await using backend = await open();
    const sandboxes = await Promise.all(Array.from({ length: 8 }, () => backend.start()));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const commands = ["while :; do :; done", "python3 -c 'while True: pass'"];
    const results = await Promise.all(sandboxes.map((sandbox, index) => sandbox.exec(commands[index % 2] ?? "", { timeoutMs: 3000 })));
    delay.disable();
    expect(results.every((result) => result.timedOut)).toBe(true);
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
  });

  it("fails no file operation of Python's beside seven others that are as busy", { timeout: 60_000 }, async () => {
    await using backend = await open();
    const program = `
import os
open("file", "w").close()
failed = 0
for _ in range(4000):
    failed += not os.path.exists("file")
print(failed)`;
    const sandboxes = await Promise.all(Array.from({ length: 8 }, () => backend.start()));
    const results = await Promise.all(sandboxes.map((sandbox) => sandbox.exec(["python3", "-c", program])));
    expect(results.map((result) => text(result.stdout))).toEqual(results.map(() => "0\n"));
  });

  it("leaves no thread behind when it is disposed of", async () => {
    const threads = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort" || name === "Worker").length;
    const before = threads();
    {
      await using backend = await open();
      await using sandbox = await backend.start();
      await sandbox.exec("awk 'BEGIN { while (1) x++ }'", { timeoutMs: 200 });
      await sandbox.exec("python3 -c 'print(1)'");
      await backend.start();
      expect(threads()).toBeGreaterThan(before);
    }
    expect(threads()).toBe(before);
  });

  it("has its files back after a worker had to be ended: folders, links, modes, removals", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    await sandbox.exec(
      "mkdir -p a/b gone && echo 1 > a/b/f && ln -s b/f a/link && chmod 750 a/b/f && echo x > gone/x && cp -r a copy && mv copy moved && rm -r gone",
    );
    await sandbox.writeFile("later.bin", Uint8Array.of(0, 255, 128));
    expect((await sandbox.exec("echo lost > lost.txt; awk 'BEGIN { while (1) x++ }'", { timeoutMs: 200 })).timedOut).toBe(true);
    expect(text((await sandbox.exec("find . | sort; cat a/link moved/b/f; stat -c %a a/b/f; readlink a/link")).stdout)).toBe(
      ".\n./a\n./a/b\n./a/b/f\n./a/link\n./later.bin\n./moved\n./moved/b\n./moved/b/f\n./moved/link\n1\n1\n750\nb/f\n",
    );
    expect(new Uint8Array(await sandbox.readFile("later.bin"))).toEqual(Uint8Array.of(0, 255, 128));
  });

  it("keeps a session over a command that had to be ended", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    await using shell = await sandbox.shell();
    await shell.exec("cd /tmp; KEPT=1; f() { echo f $KEPT; }");
    expect((await shell.exec("awk 'BEGIN { while (1) x++ }'", { timeoutMs: 200 })).timedOut).toBe(true);
    expect(text((await shell.exec("pwd; f")).stdout)).toBe("/tmp\nf 1\n");
  });

  it("does not let Python reach the host: no JavaScript, no environment, no files, no processes", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    await sandbox.writeFile("attack.py", ATTACK.replace("@HOST_FILE@", import.meta.filename));
    const result = await sandbox.exec("python3 attack.py");
    expect([text(result.stderr), text(result.stdout)]).toEqual(["", "closed\n".repeat(11)]);
  });

  it("has none of the host's variables, in the shell or in Python", async () => {
    await using backend = await open({ env: { GIVEN: "1" } });
    await using sandbox = await backend.start();
    const result = await sandbox.exec("python3 -c 'import os; print(sorted(os.environ))'");
    expect(text(result.stdout)).toBe("['GIVEN', 'HOME', 'LANG', 'OLDPWD', 'PATH', 'PWD', 'USER']\n");
  });

  it("keeps names of an archive inside the folder it is unpacked in", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    const { pack } = await import("tar-stream");
    const { buffer } = await import("node:stream/consumers");
    const archive = pack();
    archive.entry({ name: "../../etc/evil" }, "x");
    archive.finalize();
    await sandbox.upload(await buffer(archive), { into: "/tmp/in" });
    expect(text((await sandbox.exec("find /tmp/in -type f; ls /etc 2>&1")).stdout)).toContain("/tmp/in/etc/evil\n");
  });

  it("says that it has one user and no network", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    await expect(sandbox.exec("true", { user: "root" })).rejects.toMatchObject({ code: "config/unsupported" });
    await using networked = await open({ network: "bridge" });
    await expect(networked.start()).rejects.toMatchObject({ code: "config/unsupported" });
  });

  it("reports a worker that ran out of memory and goes on with its files", { timeout: 60_000 }, async () => {
    await using backend = await open({ memoryMiB: 64 });
    await using sandbox = await backend.start();
    await sandbox.writeFile("kept.txt", "kept");
    const result = await sandbox.exec("awk 'BEGIN { s = \"x\"; while (length(s) < 16000) s = s s; while (1) a[i++] = toupper(s i) }'", {
      timeoutMs: 30_000,
    });
    expect(result).toMatchObject({ oomKilled: true, timedOut: false, exitCode: 137 });
    expect(text(await sandbox.readFile("kept.txt"))).toBe("kept");
  });

  it("encodes what the shell prints once, whatever it looks like", async () => {
    await using backend = await open();
    await using sandbox = await backend.start();
    expect(text((await sandbox.exec('printf "%s" "Ã©é"; echo "Ã©"')).stdout)).toBe("Ã©éÃ©\n");
  });
});

/** Each line tries one way out and prints "closed" when there is none. */
const ATTACK = String.raw`
def attempt(action):
    try:
        result = action()
    except BaseException:
        result = None
    print("closed" if not result else f"OPEN: {result!r}")

def module(name):
    return lambda: __import__(name)

attempt(module("js"))
attempt(module("pyodide"))
attempt(module("emscripten"))
attempt(lambda: __import__("ctypes").CDLL(None).system(b"id") == 0)
attempt(lambda: __import__("subprocess").check_output(["id"]))
attempt(lambda: __import__("os").system("touch /tmp/made") == 0 and __import__("os").path.exists("/tmp/made"))
attempt(lambda: open("@HOST_FILE@").read())
attempt(lambda: open("/host@HOST_FILE@").read())
attempt(lambda: open("/proc/self/environ").read())
attempt(lambda: open("/host/proc/self/environ").read())
attempt(lambda: __import__("jb_http").get("http://127.0.0.1:9/").ok)
`;
