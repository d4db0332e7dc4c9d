import { afterAll, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxSpecInput } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";
import { hasEngine } from "./requires.ts";

const owner = { runId: "docker-limits", trialId: "docker-limits/1/1", attempt: 1 };

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("docker's isolation and limits", () => {
  const opened: { backend?: SandboxBackend } = {};
  const start = async (spec: SandboxSpecInput = {}): Promise<Sandbox> => {
    if (!opened.backend) throw new Error("The backend did not open.");
    return opened.backend.start(sandboxSpecSchema.parse(spec), { owner });
  };
  beforeAll(async () => {
    opened.backend = await docker.open();
    await opened.backend.prepare(sandboxSpecSchema.parse({}));
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());

  it("reads back the limits that the kernel holds", async () => {
    await using sandbox = await start({ cpus: 0.5, memoryMiB: 128, pids: 64 });
    expect(sandbox.applied).toMatchObject({
      cpus: 0.5,
      memoryMiB: 128,
      pids: 64,
      user: "1000:1000",
      network: "none",
      hasCapabilities: false,
      hasNoNewPrivileges: true,
    });
    expect(sandbox.applied["digest"]).toMatch(/sha256:[0-9a-f]{64}/);
  });

  it("holds a command to half a CPU", async () => {
    await using sandbox = await start({ cpus: 0.5 });
    const script = "import time\nend = time.monotonic() + 2\nwhile time.monotonic() < end: pass\nprint(time.process_time())";
    const result = await sandbox.exec(["python3", "-c", script]);
    expect(Number(text(result.stdout))).toBeLessThan(1.4);
  });

  it("stops a command that takes more memory than it may, and says so", async () => {
    await using sandbox = await start({ memoryMiB: 64 });
    const result = await sandbox.exec(["python3", "-c", "x = bytearray(200_000_000); print(len(x))"]);
    expect(result).toMatchObject({ exitCode: 137, oomKilled: true });
    expect((await sandbox.exec("exit 137")).oomKilled).toBeUndefined();
    await using shell = await sandbox.shell();
    expect(await shell.exec("python3 -c 'bytearray(200_000_000)'")).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  it("refuses a process too many, and ends a fork bomb at its timeout", async () => {
    await using sandbox = await start({ pids: 50 });
    const many = await sandbox.exec("for i in $(seq 100); do sleep 3 & done; wait", { timeoutMs: 20_000 });
    expect(text(many.stderr)).toMatch(/fork/);
    const bomb = await sandbox.exec("bomb() { bomb | bomb & bomb; }; bomb", { timeoutMs: 1_000 });
    expect(bomb.timedOut || bomb.exitCode !== 0).toBe(true);
    expect(bomb.durationMs).toBeLessThan(20_000);
  });

  it("has no interface but the loopback, and reaches neither the host nor the world", async () => {
    await using sandbox = await start();
    expect(text((await sandbox.exec("ls /sys/class/net")).stdout)).toBe("lo\n");
    expect(text((await sandbox.exec("cat /proc/net/route | wc -l")).stdout).trim()).toBe("1");
  });

  it("gives a network where the spec asks for one", async () => {
    await using sandbox = await start({ network: "bridge" });
    expect(text((await sandbox.exec("ls /sys/class/net")).stdout)).toContain("eth0");
  });

  it("is no root, gains no privileges, and cannot write outside its folders", async () => {
    await using sandbox = await start();
    const status = text(
      (await sandbox.exec("id -u; grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t' ' '")).stdout,
    );
    expect(status).toBe(`1000\nCapPrm: ${"0".repeat(16)}\nCapEff: ${"0".repeat(16)}\nCapBnd: ${"0".repeat(16)}\nNoNewPrivs: 1\n`);
    expect((await sandbox.exec("touch /etc/x /usr/bin/x")).exitCode).not.toBe(0);
    expect(text((await sandbox.exec("echo $HOME; touch ~/x && echo written")).stdout)).toBe("/home/agent\nwritten\n");
    expect(text((await sandbox.exec("ls /var/run/docker.sock /run/docker.sock", {})).stdout)).toBe("");
  });

  it("is root without capabilities, or with them, where the spec says so", async () => {
    await using bare = await start({ user: "root" });
    expect(text((await bare.exec("id -u; touch /etc/x && echo written; chown 1000 /etc/x || echo refused")).stdout)).toBe(
      "0\nwritten\nrefused\n",
    );
    expect(bare.applied).toMatchObject({ user: "0:0", hasCapabilities: false });
    await using full = await start({ user: "root", capabilities: "default" });
    expect(text((await full.exec("touch /etc/x && chown 1000 /etc/x && echo given")).stdout)).toBe("given\n");
    expect(full.applied).toMatchObject({ hasCapabilities: true, hasNoNewPrivileges: true });
  });

  it("writes a file where its own user may not, for that user", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("/opt/data/deep/input.txt", "given", { mode: 0o600 });
    const result = await sandbox.exec(
      "cat /opt/data/deep/input.txt; stat -c '%u %a' /opt/data/deep /opt/data/deep/input.txt; stat -c %u /opt",
    );
    expect(text(result.stdout)).toBe("given1000 755\n1000 600\n0\n");
  });
});
