/** What a container has used, as its control group counts it. */
import type { SandboxUsage } from "../../src/index.ts";
import type { RunCommand } from "./exec.ts";

/** Control groups v2 first, then v1. */
const ASK_FOR_USAGE = `
cd /sys/fs/cgroup || exit
cat memory.peak cpu.stat 2>/dev/null || cat memory/memory.max_usage_in_bytes cpuacct/cpuacct.usage 2>/dev/null
`;
/** A sandbox that its agent has broken is not waited for. */
const TIMEOUT_MS = 3_000;
const MIB = 1024 * 1024;

export async function containerUsage(run: RunCommand): Promise<SandboxUsage> {
  const { stdout } = await run(["sh", "-c", ASK_FOR_USAGE], { cwd: "/", timeoutMs: TIMEOUT_MS, maxOutputBytes: 16 * 1024 });
  return parseUsage(Buffer.from(stdout).toString("latin1"));
}

/** v2 says bytes and then lines of which one is `usage_usec`; v1 bytes and nanoseconds. Each may be missing. */
function parseUsage(text: string): SandboxUsage {
  const [first = "", second = ""] = text.split("\n");
  const microseconds = /^usage_usec (\d+)$/m.exec(text)?.[1];
  const cpuMs = microseconds === undefined ? numberOf(second, 1e6) : numberOf(microseconds, 1e3);
  return { peakMemoryMiB: numberOf(first, MIB), cpuMs };
}

/** To a tenth. */
function numberOf(digits: string, unit: number): number | null {
  return /^\d+$/.test(digits) ? Math.round((Number(digits) / unit) * 10) / 10 : null;
}
