/** Files that are none, never end, or change under our hands: reading and writing them is bounded and stays in the sandbox. */
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { AssayError } from "../../src/index.ts";
import { beside, text, type AttackContext } from "./context.ts";

const MAX_READ_MS = 30_000;

export function fileAttacks(context: AttackContext): void {
  const { shared, start, capabilities } = context;
  if (!capabilities.hasProcesses) return;

  it.for([
    ["/dev/zero"],
    ["/dev/urandom"],
    ["/dev/stdin"],
    ["/dev/fd/0"],
    ["/dev/tty"],
    ["/proc/self/fd/0"],
    ["/proc/kmsg"],
    ["/proc/self/mem"],
    ["/tmp/fifo"],
    ["/tmp/loop"],
    ["/tmp/to-fifo"],
    ["/tmp/to-zero"],
    ["/tmp/socket"],
  ] as const)("reading %s neither hangs nor fills the harness's memory", async ([path]) => {
    await shared().exec(
      `cd /tmp; [ -p fifo ] || mkfifo fifo; ln -sfn loop loop; ln -sfn fifo to-fifo; ln -sfn /dev/zero to-zero
[ -S socket ] || python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/tmp/socket")'`,
    );
    await expectRefused(shared().readFile(path));
  });

  it("a file that reports another size than it has is read as it is", async () => {
    expect(text(await shared().readFile("/proc/self/status"))).toContain("Pid:");
    expect(text(await shared().readFile("/proc/version"))).toContain("Linux");
  });

  it("a sparse file of 1 TB is refused soon, and the harness's memory stays small", async () => {
    await using sandbox = await start();
    await sandbox.exec("truncate -s 1T huge");
    const before = process.memoryUsage().rss;
    await beside(context, () => expectRefused(sandbox.readFile("huge")));
    await beside(context, () => expectRefused(sandbox.download("huge")));
    expect(process.memoryUsage().rss - before).toBeLessThan(1_500_000_000);
  });

  it("a file that grows while it is read is read as far as it was, or refused", async () => {
    await using sandbox = await start();
    await sandbox.exec("(yes >grows & pid=$!; sleep 3; kill $pid) >/dev/null 2>&1 & sleep 0.2");
    const startedAt = performance.now();
    await beside(context, () => sandbox.readFile("grows").then(expectOnlyYes, expectPathError));
    expect(performance.now() - startedAt).toBeLessThan(MAX_READ_MS);
    expect((await sandbox.exec("pkill yes; rm -f grows; echo next")).exitCode).toBe(0);
  });

  it("a file that is swapped for a pipe again and again gives its content, nothing, or a refusal, each in time", async () => {
    await using sandbox = await start();
    // Somebody is at the other end of the pipe now and then: without that, who opened it would wait until a command's time is over.
    const swap = `
import ctypes, os, threading, time
open("file", "w").write("content"); os.mkfifo("pipe")
libc = ctypes.CDLL(None)
def meet():
    while True:
        for name in ("file", "pipe"):
            try: os.close(os.open(name, os.O_RDWR | os.O_NONBLOCK))
            except OSError: pass
        time.sleep(0.01)
threading.Thread(target=meet).start()
open("swapping", "w").close()
while True:
    libc.renameat2(-100, b"file", -100, b"pipe", 2)
    time.sleep(0.001)`;
    await sandbox.writeFile("swap.py", swap);
    await sandbox.exec("python3 swap.py >/dev/null 2>&1 & until [ -e swapping ]; do sleep 0.05; done");
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 30; round += 1) {
      const startedAt = performance.now();
      await sandbox.readFile("file").then(
        (bytes) => {
          expect(["content", "written", ""]).toContain(text(bytes));
          outcomes.read += 1;
        },
        (error: unknown) => {
          expectPathError(error);
          outcomes.refused += 1;
        },
      );
      if (round % 3 === 2) await sandbox.writeFile("file", "written").catch(expectPathError);
      expect(performance.now() - startedAt).toBeLessThan(MAX_READ_MS);
    }
    // Both were met, or the attack was none.
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
    expect(text((await sandbox.exec("pkill python3; echo next")).stdout)).toBe("next\n");
  });

  it("a folder that is swapped for a link while files are written to it leads nowhere but inside", async () => {
    await using sandbox = await start();
    const marker = `/tmp/assay-attack-${process.pid}`;
    const swap = `mkdir -p real; while :; do rm -rf target; ln -s / target; rm -f target; mkdir target; done`;
    await sandbox.exec(`(${swap}) >/dev/null 2>&1 &`);
    for (let round = 0; round < 8; round += 1) {
      await sandbox.writeFile(`target${marker}`, "content").catch(expectPathError);
      await sandbox.writeFile(`target/tmp/x`, "content").catch(expectPathError);
    }
    expect(existsSync(marker)).toBe(false);
    expect(existsSync("/tmp/x")).toBe(false);
  });

  it("a link that stands where a file is written or read never touches the host's file of that path", async () => {
    await using sandbox = await start();
    await sandbox.exec(`ln -s ${import.meta.filename} link; ln -s ${import.meta.dirname} folder; ln -s ../../../../../../etc/hostname up`);
    await expect(sandbox.readFile("link")).rejects.toMatchObject({ code: "sandbox/path" });
    await sandbox.writeFile("link", "overwritten").catch(expectPathError);
    await sandbox.writeFile("folder/planted.ts", "planted").catch(expectPathError);
    expect(existsSync(`${import.meta.dirname}/planted.ts`)).toBe(false);
    // Podman writes it without a newline.
    expect(text(await sandbox.readFile("up")).trim()).toBe("sandbox");
  });

  it("names of control characters, options and 255 bytes are names, and a path of 4,096 bytes is refused", async () => {
    await using sandbox = await start();
    const names = [
      "\u001b[31mred\u0007",
      "line\nbreak",
      "-rf",
      "--help",
      " ",
      "$(touch injected)",
      "`id`",
      "a'b\"c",
      "\u202Egpj.exe",
      "x".repeat(255),
      "*",
      "\\",
    ];
    for (const name of names) {
      await sandbox.writeFile(`names/${name}`, name);
      expect(text(await sandbox.readFile(`names/${name}`))).toBe(name);
    }
    expect(text((await sandbox.exec("ls names | wc -c; ls injected 2>/dev/null; true")).stdout)).toBe(
      `${Buffer.byteLength(`${names.join("\n")}\n`)}\n`,
    );
    const deep = `deep/${"d/".repeat(2045)}file`;
    await expectRefused(sandbox.readFile(deep));
    await sandbox.writeFile(deep, "x").catch(expectPathError);
    await expectRefused(sandbox.readFile("n".repeat(300)));
    await expectRefused(sandbox.readFile("nul\0byte"));
    await sandbox.writeFile("nul\0byte", "x").then(() => expect.fail("was written"), expectPathError);
  });

  it("a tree too deep for any path is made, and still read, packed or refused, and removed", async () => {
    const sandbox = await start();
    const program =
      "import os\nfor _ in range(3000):\n    os.mkdir('deeper-and-deeper'); os.chdir('deeper-and-deeper')\nopen('end', 'w').write('x')\nprint('made')";
    await sandbox.exec("mkdir tree");
    expect(text((await sandbox.exec(["python3", "-c", program], { cwd: "tree" })).stdout)).toBe("made\n");
    await beside(context, () => sandbox.download("tree").then(() => undefined, expectPathError));
    await sandbox[Symbol.asyncDispose]();
  });

  it("a repository with hooks and a Dockerfile, planted in the work folder, run nothing of theirs on the host", async () => {
    await using sandbox = await start();
    const planted = `/tmp/assay-planted-${process.pid}`;
    await sandbox.exec(`git init -q . 2>/dev/null; mkdir -p .git/hooks; for hook in post-checkout pre-commit post-index-change; do printf '#!/bin/sh\\ntouch ${planted}\\n' >.git/hooks/$hook; chmod +x .git/hooks/$hook; done
printf 'FROM scratch\\nCOPY / /host\\n' >Dockerfile; printf '[core]\\nfsmonitor = touch ${planted}\\n' >>.git/config`);
    await sandbox.download(".");
    await sandbox.readFile(".git/config");
    expect(existsSync(planted)).toBe(false);
  });
}

/** What `yes` wrote, and nothing else. */
function expectOnlyYes(bytes: Uint8Array): void {
  // In pieces: a look at each of half a billion bytes would be what holds the event loop.
  const expected = Buffer.alloc(1024 * 1024, "y\n");
  for (let from = 0; from < bytes.length; from += expected.length) {
    const piece = bytes.subarray(from, from + expected.length);
    expect(expected.subarray(0, piece.length).equals(piece)).toBe(true);
  }
}

/** Refused by a typed error, in time. */
async function expectRefused(reading: Promise<Uint8Array>): Promise<void> {
  const startedAt = performance.now();
  await reading.then(({ length }) => expect.fail(`was read: ${length} bytes`), expectPathError);
  expect(performance.now() - startedAt).toBeLessThan(MAX_READ_MS);
}

function expectPathError(error: unknown): void {
  if (!(error instanceof AssayError)) throw error;
  expect(error.code).toBe("sandbox/path");
}
