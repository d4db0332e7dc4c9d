import { execa } from "execa";
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

  it("gives shared memory, folders in memory and ulimits the sizes that were asked for, and reads them back", async () => {
    await using sandbox = await start({ shmMiB: 16, tmpfs: { "/cache here": 8 }, ulimits: { nofile: 512, fsize: 1_000_000 } });
    expect(sandbox.applied).toMatchObject({ shmMiB: 16, "tmpfs./cache here": 8, "ulimits.nofile": 512, "ulimits.fsize": 1_000_000 });
    const result = await sandbox.exec(
      "ulimit -n; ulimit -c; df -Pm /dev/shm '/cache here' | awk 'NR > 1 { print $2 }'; head -c 2000000 /dev/zero >big",
    );
    expect(text(result.stdout)).toBe("512\n0\n16\n8\n");
    expect(result.exitCode).not.toBe(0);
    await using shell = await sandbox.shell();
    expect(text((await shell.exec("ulimit -n")).stdout)).toBe("512\n");
  });

  it("reads, writes, uploads and downloads in folders that are in memory", async () => {
    await using sandbox = await start({ tmpfs: { "/cache": 8 } });
    for (const folder of ["/cache", "/dev/shm"]) {
      await sandbox.writeFile(`${folder}/tree/file`, "in memory");
      await sandbox.upload(await sandbox.download(`${folder}/tree`), { into: `${folder}/second` });
      expect(text((await sandbox.exec(["cat", `${folder}/second/tree/file`])).stdout)).toBe("in memory");
      expect(text(await sandbox.readFile(`${folder}/second/tree/file`))).toBe("in memory");
    }
  });

  it("holds the work folder to a size, with what the image has there, and says how", async () => {
    await using sandbox = await start({ diskMiB: 16, workdir: "/etc/apt" });
    const result = await sandbox.exec(
      "ls sources.list; head -c 30000000 /dev/zero >big; stat -c %s big; rm big; echo x >small && echo written",
    );
    const [list, bytes, written] = text(result.stdout).split("\n");
    expect([list, written]).toEqual(["sources.list", "written"]);
    expect(Number(bytes)).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(text(result.stderr)).toContain("No space left on device");
    expect(sandbox.applied["diskMiB"]).toBe(16);
    expect(["quota of the storage driver", "size of the work folder, which is in memory"]).toContain(sandbox.applied["diskLimit"]);
  });

  it.each([
    ["of the default user", {}, "1000:1000"],
    ["of root", { user: "root" }, "0:0"],
    ["with a size", { diskMiB: 16 }, "1000:1000"],
    ["of the image's", { workdir: "/etc/apt" }, "1000:1000"],
  ] satisfies [string, SandboxSpecInput, string][])(
    "keeps a root from being written, and files work in a work folder %s",
    async (_name, spec, user) => {
      await using sandbox = await start({ readOnlyRoot: true, ...spec });
      expect(sandbox.applied).toMatchObject({ readOnlyRoot: true, user });
      const written = await sandbox.exec("touch here ~/home /tmp/temporary && echo written; touch /usr/no /var/tmp/no /etc/no");
      expect(text(written.stdout)).toBe("written\n");
      expect(text(written.stderr).match(/Read-only file system/g)).toHaveLength(3);
      await sandbox.writeFile("deep/er/file", "content", { mode: 0o750 });
      await sandbox.upload(await sandbox.download("deep"), { into: "second/one" });
      expect(text(await sandbox.readFile("second/one/deep/er/file"))).toBe("content");
      expect(text((await sandbox.exec("stat -c '%a %u' second/one/deep/er/file")).stdout)).toBe(`750 ${user.split(":")[0]}\n`);
      await expect(sandbox.upload(await sandbox.download("deep"), { into: "/opt/there" })).rejects.toMatchObject({ code: "sandbox/path" });
      await using shell = await sandbox.shell();
      expect(text((await shell.exec("cat", { stdin: "through a session" })).stdout)).toBe("through a session");
    },
  );

  it("leaves no volume behind", async () => {
    const volumes = async (): Promise<string[]> =>
      (await execa("docker", ["volume", "ls", "--quiet", "--filter", "dangling=true"])).stdout.split("\n");
    const sandbox = await start({ readOnlyRoot: true, tmpfs: { "/cache": 8 } });
    const mounts = await execa("docker", ["inspect", "--format", "{{range .Mounts}}{{.Name}}\n{{end}}", sandbox.id]);
    const own = mounts.stdout.split("\n").filter(Boolean);
    expect(own.length).toBeGreaterThanOrEqual(4);
    await sandbox[Symbol.asyncDispose]();
    expect((await volumes()).filter((name) => own.includes(name))).toEqual([]);
  });

  it("shares no IPC, has the engine's seccomp profile and hidden paths, and no device but the usual", async () => {
    await using sandbox = await start();
    expect(sandbox.applied["hasSeccomp"]).toBe(true);
    const result = await sandbox.exec("cat /proc/kcore | head -c 1 | wc -c; ls /dev | tr '\\n' ' '; unshare -U true 2>&1; echo $?");
    const [kcore, devices, ...unshared] = text(result.stdout).split("\n");
    expect(kcore).toBe("0");
    expect(devices?.split(" ").filter((name) => /^(sd|vd|nvme|loop|mem|kmsg|dri|kvm)/.test(name))).toEqual([]);
    expect(unshared.join("\n")).not.toContain("\n0\n");
  });
});
