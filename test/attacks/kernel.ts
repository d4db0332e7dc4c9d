/** Ways out through the kernel's interfaces and through privileges; tried by the agent's user and by root with the default capabilities. */
import { expect, it } from "vitest";
import type { Sandbox } from "../../src/index.ts";
import { python, text, type AttackContext } from "./context.ts";

/** Shell lines that print something only where they succeed. */
const OPENINGS = {
  "kernel memory and ports": "for f in /proc/kcore /dev/mem /dev/kmem /dev/port; do head -c 1 $f >/dev/null && echo read $f; done",
  "sysctls and triggers": `
for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hostname /proc/sys/vm/overcommit_memory \
  /proc/sys/kernel/yama/ptrace_scope /proc/sysrq-trigger /proc/sys/fs/binfmt_misc/register /proc/irq/0/smp_affinity /proc/self/uid_map; do
  old=$(cat $f); echo "$old" >$f && [ -e $f ] && echo wrote $f
done`,
  sysfs:
    "for f in /sys/kernel/uevent_helper /sys/power/state /sys/kernel/mm/ksm/run /sys/module/*/parameters/*; do [ -w $f ] && echo 0 >$f && echo wrote $f; done",
  "control groups": `
for folder in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  mkdir $folder/escape && [ -e $folder/escape/cgroup.procs -o -e $folder/escape/tasks ] && echo made $folder/escape
  for f in release_agent cgroup.procs memory.max memory.limit_in_bytes pids.max cpu.max devices.allow notify_on_release; do
    [ -f $folder/$f ] && echo max >$folder/$f && echo wrote $folder/$f
  done
done`,
  mounts: `
mount -t tmpfs none /mnt && echo mounted; mount --bind / /mnt && echo bound; mount -o remount,rw /sys && echo remounted
mount -t cgroup -o memory none /mnt && echo cgroup; mount -t proc none /mnt && echo proc; umount /proc/sys && echo unmounted`,
  namespaces: `
for kind in --user --mount --pid --net --uts --ipc --cgroup; do unshare $kind true && echo unshared $kind; done
unshare --user --map-root-user true && echo root of a user namespace
for kind in mnt net pid; do nsenter --$kind=/proc/1/ns/$kind true && [ "$(readlink /proc/1/ns/$kind)" != "$(readlink /proc/self/ns/$kind)" ] && echo entered $kind; done
chroot / true && [ "$(id -u)" != 0 ] && echo chroot`,
  "kernel modules and the log": "insmod /tmp/x.ko && echo loaded; modprobe dummy && echo loaded; dmesg && echo log; true",
};

const SYSTEM_CALLS = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {
    "add_key": (248, b"user", b"assay", b"x", 1, -3), "keyctl": (250, 0, -3, 1, 0, 0), "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0), "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0),
    "userfaultfd": (323, 0), "open_by_handle_at": (304, 0, 0, 0), "mount": (165, b"none", b"/mnt", b"tmpfs", 0, 0),
    "reboot": (169, 0xfee1dead, 672274793, 0x01234567, 0), "swapon": (167, b"/tmp/x", 0), "settimeofday": (164, 0, 0),
    "unshare user": (272, 0x10000000), "setns": (308, 0, 0), "pivot_root": (155, b"/", b"/"), "iopl": (172, 3), "acct": (163, 0),
}
if os.uname().machine == "x86_64":
    for name, (number, *arguments) in calls.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *arguments)
        if result >= 0 or ctypes.get_errno() not in (1, 13, 38): print("allowed", name, result, ctypes.get_errno())
print("over")`;

export function kernelAttacks(context: AttackContext): void {
  const { shared, start, capabilities, leftOpen } = context;
  if (!capabilities.hasProcesses || !capabilities.canSwitchUser) return;

  const expectAllShut = async (sandbox: Sandbox): Promise<void> => {
    for (const [name, script] of Object.entries(OPENINGS)) {
      if (leftOpen.openings.includes(name)) continue;
      const result = await sandbox.exec(`{ ${script}\n} 2>/dev/null; true`, { timeoutMs: 30_000 });
      expect([name, text(result.stdout)]).toEqual([name, ""]);
    }
  };

  it("the agent's user finds every way into the kernel shut", () => expectAllShut(shared()));

  it("the agent's user is refused every system call that could leave the sandbox", async () => {
    const printed = (await python(shared(), SYSTEM_CALLS)).split("\n");
    const isKnown = (line: string): boolean => leftOpen.calls.some((call) => line.startsWith(`allowed ${call} `));
    expect(printed.filter((line) => !isKnown(line))).toEqual(["over", ""]);
  });

  it("root with the default capabilities finds them shut as well", async () => {
    await using sandbox = await start({ user: "root", capabilities: "default" });
    await expectAllShut(sandbox);
  });

  it("no new privileges: neither a setuid root program nor file capabilities give anything", async () => {
    await using sandbox = await start();
    await sandbox.exec("cp /usr/bin/id /tmp/rootid; cp $(command -v python3) /tmp/rootpython", { user: "root" });
    await sandbox.exec("chmod 4755 /tmp/rootid /tmp/rootpython", { user: "root" });
    const program =
      "import os; print(os.geteuid(), [line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1])";
    const result = await sandbox.exec(
      `stat -c '%u %a' /tmp/rootid; /tmp/rootid -u; /tmp/rootpython -c "${program}"; echo | su root -c id; mount /dev/null /mnt`,
    );
    expect(text(result.stdout)).toBe(`0 4755\n1000\n1000 ${"0".repeat(16)}\n`);
  });

  it("root without capabilities may not change owners, users, devices or another user's process", async () => {
    await using sandbox = await start({ user: "root" });
    await sandbox.exec("sleep 60 >/dev/null 2>&1 &", { user: "1000:1000" });
    const script = `
touch /tmp/own; chown 1000 /tmp/own && echo owner; setpriv --reuid 1000 true && echo user; mknod /tmp/null c 1 3 && echo device
mknod /tmp/disk b 254 0 && echo disk; kill -9 $(pgrep -u 1000 sleep) && echo killed; chroot / true && echo chroot; true`;
    expect(text((await sandbox.exec(script)).stdout)).toBe("");
  });

  it("a device made by root with the default capabilities cannot be opened", async () => {
    await using sandbox = await start({ user: "root", capabilities: "default" });
    const script = `
while read -r major minor _ name; do
  case $major in *[0-9]*) mknod /tmp/disk b $major $minor; head -c 1 /tmp/disk >/dev/null && echo read $name; rm -f /tmp/disk ;; esac
done </proc/partitions
mknod /tmp/mem c 1 1; head -c 1 /tmp/mem && echo memory; mknod /tmp/kmsg c 1 11; head -c 1 /tmp/kmsg && echo log; true`;
    expect(text((await sandbox.exec(`{ ${script}\n} 2>/dev/null`)).stdout)).toBe("");
  });

  it("writing outside of its own folders is refused to the agent's user", async () => {
    const script =
      "for f in /etc/passwd /etc/ld.so.preload /usr/bin/x /bin/sh ~root/x /lib/x /x; do (echo x >>$f) 2>/dev/null && echo wrote $f; done; true";
    expect(text((await shared().exec(script)).stdout)).toBe("");
  });

  it("a crash leaves no core outside of the sandbox and starts no program of the host", async () => {
    const result = await shared().exec(
      "cd /tmp; ulimit -c unlimited 2>/dev/null; sh -c 'kill -SEGV $$'; ls /tmp/core* 2>/dev/null; ulimit -Hc",
    );
    expect(text(result.stdout)).toBe("0\n");
  });
}
