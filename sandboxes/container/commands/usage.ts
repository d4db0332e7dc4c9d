/** What a container has used, as its control group counts it. */
import type { SandboxUsage } from "../../../src/index.ts";
import type { RunCommand } from "./commands.ts";
import { SHELL } from "../system-shell.ts";

/** Control groups v2 have the first and the last of these files, v1 the two in between. */
const ASK_FOR_USAGE = `
cd /sys/fs/cgroup || exit
for file in memory.peak memory/memory.max_usage_in_bytes cpuacct/cpuacct.usage; do
  { read -r value <$file; } 2>/dev/null && echo "$file $value"
done
cat cpu.stat 2>/dev/null
`;
/** A sandbox that its agent has broken is not waited for. */
const TIMEOUT_MS = 3_000;
const MIB = 1024 * 1024;

export async function containerUsage(run: RunCommand): Promise<SandboxUsage> {
  const { stdout } = await run([SHELL, "-c", ASK_FOR_USAGE], { cwd: "/", timeoutMs: TIMEOUT_MS, maxOutputBytes: 16 * 1024 });
  return parseUsage(Buffer.from(stdout).toString("latin1"));
}

/** Reads lines of a name and a number; null for what no line tells. */
export function parseUsage(text: string): SandboxUsage {
  const numbers = new Map([...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, name, digits]) => [name, Number(digits)]));
  const inUnits = (name: string, unit: number): number | undefined => {
    const number = numbers.get(name);
    return number === undefined ? undefined : Math.round((number / unit) * 10) / 10;
  };
  return {
    peakMemoryMiB: inUnits("memory.peak", MIB) ?? inUnits("memory/memory.max_usage_in_bytes", MIB) ?? null,
    cpuMs: inUnits("usage_usec", 1e3) ?? inUnits("cpuacct/cpuacct.usage", 1e6) ?? null,
  };
}
