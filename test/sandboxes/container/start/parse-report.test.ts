import { describe, expect, it } from "vitest";
import { parseReport } from "../../../../sandboxes/container/start/parse-report.ts";

const status = (user: string, capabilities: string): string =>
  `Uid: ${user}\nGid: ${user}\nCapEff: ${capabilities}\nNoNewPrivs: 1\nSeccomp: 2\n`;
const none = "0000000000000000";

describe("what a container's first process reports", () => {
  it("is read with control groups v2: memory.max, pids.max, cpu.max", () => {
    const report = parseReport(`${status("1000", none)}memory: 134217728\npids: 64\ncpu: 50000 100000 \nworkdir: writable\nready\n`);
    expect(report).toMatchObject({
      uid: 1000,
      gid: 1000,
      memoryMiB: 128,
      pids: 64,
      cpus: 0.5,
      hasCapabilities: false,
      hasNoNewPrivileges: true,
      hasSeccomp: true,
      isWorkdirWritable: true,
      isHomeWritable: false,
    });
  });

  it("is read with control groups v1: bytes, and quota and period apart", () => {
    const report = parseReport(`${status("0", "00000000a80425fb")}memory: 2147483648\npids: 1024\ncpu: 150000 100000\nready\n`);
    expect(report).toMatchObject({ memoryMiB: 2048, pids: 1024, cpus: 1.5, hasCapabilities: true });
  });

  it.each([
    ["v2", "memory: max\npids: max\ncpu: max 100000 "],
    ["v1", "memory: 9223372036854771712\npids: max\ncpu: -1 100000"],
    ["no control groups at all", "memory: \npids: \ncpu:  "],
  ])("has null for what is not limited or not found: %s", (_name, limits) => {
    expect(parseReport(`${status("1000", none)}${limits}\nready\n`)).toMatchObject({ memoryMiB: null, pids: null, cpus: null });
  });

  it("tells the sizes of what is in memory, and whether the root can be written", () => {
    const mounts = [
      "mount:/ ro,relatime,lowerdir=/var/lib/docker/overlay2/l/4M:/var/lib/docker/overlay2/l/Y4,upperdir=/x/diff,workdir=/x/work",
      "mount:/dev tmpfs,rw",
      "mount:/dev/shm rw,nosuid,nodev,noexec,relatime,size=65536k",
      "mount:/cache\\040ünï rw,nosuid,nodev,relatime,size=8192k,mode=755,inode64",
      "mount:/run rw,nosuid,size=1g",
      "mount:/run rw,nosuid,size=4m",
    ].map((line) => Buffer.from(line).toString("latin1"));
    const report = parseReport(`${status("1000", none)}${mounts.join("\n")}\nready\n`);
    expect(report.mounts).toEqual({
      "/": { isReadOnly: true, sizeMiB: null },
      "/dev": { isReadOnly: false, sizeMiB: null },
      "/dev/shm": { isReadOnly: false, sizeMiB: 64 },
      "/cache ünï": { isReadOnly: false, sizeMiB: 8 },
      "/run": { isReadOnly: false, sizeMiB: 4 },
    });
  });

  it("tells the hard limits of a process, and null for an unlimited one", () => {
    const limits = [
      "Limit                     Soft Limit           Hard Limit           Units     ",
      "Max cpu time              unlimited            unlimited            seconds   ",
      "Max core file size        0                    0                    bytes     ",
      "Max open files            1024                 524288               files     ",
    ].map((line) => `ulimit:${line}`);
    const report = parseReport(`${status("1000", none)}${limits.join("\n")}\nready\n`);
    expect(report.ulimits).toEqual({ core: 0, cpu: null, nofile: 524_288 });
  });

  it("tells the size of a disk that has a quota", () => {
    expect(parseReport(`${status("1000", none)}disk: 1048576\nready\n`).diskMiB).toBe(1024);
    expect(parseReport(`${status("1000", none)}disk: \nready\n`).diskMiB).toBeNull();
  });

  it("puts folders of PATH that the user can change behind all others", () => {
    const lines = ["path-own:/go/bin", "path-system:/usr/bin", "path-own:/home/agent/.local/bin", "path-system:/bin"].join("\n");
    expect(parseReport(`${status("1000", none)}${lines}\nready\n`).path).toEqual(["/usr/bin", "/bin", "/go/bin", "/home/agent/.local/bin"]);
  });

  it.each([
    ["the loopback alone", ["lo 0x9"], false],
    ["an interface that is up", ["eth0 0x1003", "lo 0x9"], true],
    ["a tunnel of the kernel's that is down", ["lo 0x9", "tunl0 0x80"], false],
    ["none that can be seen", [], null],
  ])("tells whether there is a network: %s", (_name, interfaces, hasNetwork) => {
    const lines = interfaces.map((line) => `interface:${line}\n`).join("");
    expect(parseReport(`${status("1000", none)}${lines}ready\n`).hasNetwork).toBe(hasNetwork);
  });

  it("is refused in one line when the image's shell said something else", () => {
    expect(() => parseReport("sh: syntax error\n")).toThrow("The sandbox's first process did not start: sh: syntax error");
    expect(() => parseReport("")).toThrow("it said nothing");
  });
});
