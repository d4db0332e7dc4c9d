/**
 * Whose container it is, and whether that owner still lives.
 *
 * A container carries its owner as labels: the machine (host name, boot id and pid namespace), the process
 * (pid and start time) and a lease. On the same machine the process itself is looked at. Another machine's process
 * cannot be, so its running container stays until the lease, 24 hours after the start, has passed.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";
import type { SandboxOwner } from "../../src/index.ts";

const LEASE_MS = 24 * 3_600_000;

/** The label that says "ours"; `prune` looks at nothing without it. */
export const OWNED_LABEL = "assay.machine";

export function ownerLabels(owner: SandboxOwner): Record<string, string> {
  return {
    "assay.run": owner.runId,
    "assay.trial": owner.trialId,
    "assay.attempt": String(owner.attempt),
    [OWNED_LABEL]: thisMachine(),
    "assay.process": `${process.pid}/${processStart(process.pid) ?? ""}`,
    "assay.lease": new Date(Date.now() + LEASE_MS).toISOString(),
  };
}

/** Why a container must stay, or undefined when nobody can need it any more. */
export function reasonToKeep(labels: Record<string, string>, isRunning: boolean): string | undefined {
  if (labels[OWNED_LABEL] === thisMachine()) {
    const [pid = "", start = ""] = (labels["assay.process"] ?? "").split("/");
    return isAlive(Number(pid), start) ? `process ${pid} is alive` : undefined;
  }
  const lease = labels["assay.lease"] ?? "";
  // A stopped sandbox is of no use to anybody; a reboot leaves these, under a boot id that is gone.
  if (!isRunning || !(Date.parse(lease) > Date.now())) return undefined;
  return `another machine's, with a lease until ${lease}`;
}

/** Tells machines apart, and containers on one machine, whose pids mean different processes. */
function thisMachine(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()}/${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Not Linux. The boot time wanders by the clock's corrections: minutes are exact enough.
    return `${hostname()}/${Math.round((Date.now() / 1000 - uptime()) / 600)}`;
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return (processStart(pid) ?? "") === start;
}

/** Clock ticks since boot at which a process started: a pid that was used again differs here. Linux only. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name in brackets, may hold anything; start time is field 22.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
