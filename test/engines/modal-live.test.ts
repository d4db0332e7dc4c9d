/** What only Modal itself can tell: runs where there is a token of one's own, for a few cents, and is skipped elsewhere. */
import { expect, it } from "vitest";
import { modalSandboxes } from "../../sandboxes/modal.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";

const isLive = process.env["MODAL_TOKEN_ID"] !== undefined && process.env["MODAL_SERVER_URL"] === undefined;

it.runIf(isLive)(
  "a sandbox in Modal itself runs, ends trees, keeps files and users apart, grades, and is gone",
  { timeout: 600_000 },
  async () => {
    await using backend = await modalSandboxes().open();
    const spec = sandboxSpecSchema.parse({ image: "python:3.12-slim", cpus: 1, memoryMiB: 512 });
    await using sandbox = await backend.start(spec, { owner: { runId: "live", trialId: "live/1/1", attempt: 1 }, lifetimeMs: 60_000 });
    console.log(sandbox.applied);
    expect(text((await sandbox.exec("id -u; pwd; cat", { stdin: "in\n" })).stdout)).toBe("1000\n/workspace\nin\n");
    expect((await sandbox.exec("kill -9 $$")).exitCode).toBe(137);
    expect(text((await sandbox.exec("sleep 30 & echo started")).stdout)).toBe("started\n");
    const ended = await sandbox.exec("trap '' TERM; echo before; setsid sleep 31 & sleep 31", { timeoutMs: 2_000 });
    expect([ended.timedOut, text(ended.stdout)]).toEqual([true, "before\n"]);
    expect((await sandbox.exec("grep -l '[s]leep.31' /proc/[0-9]*/cmdline")).exitCode).not.toBe(0);
    await using shell = await sandbox.shell();
    await shell.exec("cd /tmp; KEPT=yes");
    expect(text((await shell.exec('pwd; echo "$KEPT"')).stdout)).toBe("/tmp\nyes\n");
    const content = new Uint8Array(5_000_000).map((_, index) => (index * 31) & 255);
    await sandbox.writeFile("/opt/large.bin", content);
    expect(Buffer.compare(await sandbox.readFile("/opt/large.bin"), content)).toBe(0);
    const graded = await sandbox.verify?.({
      command: 'id -u; cat "$VERIFIER/key"; echo 1 > "$VERIFIER_RESULTS/score"',
      files: { key: "18\n" },
      resultFile: "score",
    });
    expect([text(graded?.stdout ?? content), text(graded?.left ?? content)]).toEqual(["61000\n18\n", "1\n"]);
    expect((await sandbox.exec(["python3", "-c", "import socket; socket.create_connection(('1.1.1.1', 80), 2)"])).exitCode).toBe(1);
    expect((await backend.prune()).removed).not.toContain(sandbox.id);
    console.log(await sandbox.usage?.());
  },
);
