/** Who a process is, so that its death can be told from a distance: a pid alone is given anew. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { z } from "zod";

export const processIdentitySchema = z.looseObject({
  pid: z.number().int().positive(),
  host: z.string(),
  machineId: z.string().nullish().describe("a hash of what the system calls the machine; null where it is not known"),
  bootId: z.string().nullable().describe("changes when the machine starts anew; null where it is not known"),
  pidNamespace: z.string().nullish().describe("containers of one machine count their processes apart; null where it is not known"),
  startedAt: z.string().nullable().describe("when the process began, as the system words it; null where it is not known"),
});

export type ProcessIdentity = z.output<typeof processIdentitySchema>;

/** Machines made from one image, or called alike, are told apart by it. Hashed, as it is not to be shown. */
async function readMachineId(): Promise<string | null> {
  try {
    const id = (await readFile("/etc/machine-id", "utf8")).trim();
    return id === "" ? null : createHash("sha256").update(`assay ${id}`).digest("hex").slice(0, 16);
  } catch {
    return null;
  }
}

async function readBootId(): Promise<string | null> {
  try {
    return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  } catch {
    return null;
  }
}

/** What `readStart` gives for a process that has ended and only waits for its parent to notice. */
const ENDED = "ended";

async function readPidNamespace(): Promise<string | null> {
  return readlink("/proc/self/ns/pid").catch(() => null);
}

async function readStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // the name, in parentheses, may hold spaces; field 3 of the line is the state, field 22 the start in clock ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? ENDED : (fields[19] ?? null);
  } catch {
    return readStartByPs(pid);
  }
}

async function readStartByPs(pid: number): Promise<string | null> {
  if (process.platform === "linux" || process.platform === "win32") return null;
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    host: hostname(),
    machineId: await readMachineId(),
    bootId: await readBootId(),
    pidNamespace: await readPidNamespace(),
    startedAt: await readStart(process.pid),
  };
}

/** Whether the process runs; undefined where it cannot be asked: on another machine, or in another container of this one. */
export async function isRunning(other: ProcessIdentity): Promise<boolean | undefined> {
  if (other.host !== hostname()) return undefined;
  const machineId = await readMachineId();
  if (other.machineId && machineId !== null && other.machineId !== machineId) return undefined;
  const bootId = await readBootId();
  if (bootId !== null && other.bootId !== null && bootId !== other.bootId) return false;
  if (other.pidNamespace && other.pidNamespace !== ((await readPidNamespace()) ?? other.pidNamespace)) return undefined;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const startedAt = await readStart(other.pid);
  if (startedAt === ENDED) return false;
  return startedAt === null || other.startedAt === null || startedAt === other.startedAt;
}
