/** What the first process of a container finds out about itself: its user and the limits that really hold. */
import { z } from "zod";
import { AssayError } from "../../src/index.ts";

/** Prints the report. Builtins only; control groups v2 first, then v1. `$1` and `$2` are the work and the home folder. */
const REPORT_SCRIPT = `
first() { for file; do { read -r value <"$file"; } 2>/dev/null && { echo "$value"; return; }; done; echo; }
while read -r key value _; do
  case $key in Uid: | Gid: | CapEff: | NoNewPrivs:) echo "$key $value" ;; esac
done </proc/self/status
cd /sys/fs/cgroup || cd /
echo "memory: $(first memory.max memory/memory.limit_in_bytes)"
echo "pids: $(first pids.max pids/pids.max)"
echo "cpu: $(first cpu.max cpu/cpu.cfs_quota_us cpu,cpuacct/cpu.cfs_quota_us) $(first cpu/cpu.cfs_period_us cpu,cpuacct/cpu.cfs_period_us)"
cd /
[ -w "$1" ] && echo "workdir: writable"
[ -w "$2" ] && echo "home: writable"
echo ready
`;

/**
 * Reaps orphans for ever, as `sh -c IDLE_LOOP sh IDLE_LOOP`. `wait` in a loop survives `kill -9 -1` from inside and leaves
 * no zombies, which a plain `sleep` does; signals are caught, since dash would end at a SIGINT; and where no process is
 * left for the `sleep`, which ends a shell, it begins anew.
 */
const IDLE_LOOP = `trap : HUP INT QUIT TERM; trap 'exec sh -c "$1" sh "$1"' EXIT; while :; do sleep 3600 & wait $!; done`;

/**
 * What the first process does: the report, then a shell at the container's own stream for the command channel, so that a
 * sandbox can be used without any exec of the engine. In the foreground, since a shell's background commands get ignored
 * signals; the first process reaps orphans while it waits. Then it stays, whatever became of that shell.
 */
export function firstProcess(workdir: string, home: string): string[] {
  const script = `trap : HUP INT QUIT TERM\n${REPORT_SCRIPT}sh\nexec sh -c "$3" sh "$3" >/dev/null 2>&1 </dev/null`;
  return ["sh", "-c", script, "sh", workdir, home, IDLE_LOOP];
}

/** A limit that is null was not found or is not set. */
const reportSchema = z.object({
  uid: z.coerce.number().int().nonnegative(),
  gid: z.coerce.number().int().nonnegative(),
  hasCapabilities: z.boolean(),
  hasNoNewPrivileges: z.boolean(),
  memoryMiB: z.number().nullable(),
  pids: z.number().nullable(),
  cpus: z.number().nullable(),
  isWorkdirWritable: z.boolean(),
  isHomeWritable: z.boolean(),
});

export type ContainerReport = z.output<typeof reportSchema>;

/** Throws `sandbox/failed` when the text is no report: the image's shell did not run the script. */
export function parseReport(text: string): ContainerReport {
  const lines = new Map(text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
  const [quota, period] = (lines.get("cpu") ?? "").split(/\s+/);
  const memoryBytes = limit(lines.get("memory"));
  const cpuQuota = limit(quota);
  const report = reportSchema.safeParse({
    uid: lines.get("Uid"),
    gid: lines.get("Gid"),
    hasCapabilities: /[1-9a-f]/.test(lines.get("CapEff") ?? ""),
    hasNoNewPrivileges: lines.get("NoNewPrivs") === "1",
    memoryMiB: memoryBytes === null ? null : Math.round(memoryBytes / 1024 / 1024),
    pids: limit(lines.get("pids")),
    cpus: cpuQuota === null ? null : cpuQuota / (limit(period) ?? 100_000),
    isWorkdirWritable: lines.has("workdir"),
    isHomeWritable: lines.has("home"),
  });
  if (report.success) return report.data;
  throw new AssayError("sandbox/failed", `The sandbox's first process did not start: ${text.trim().slice(0, 200) || "it said nothing"}`, {
    hint: "The image needs a POSIX shell (sh), and /proc readable by its user.",
  });
}

/** cgroups v2 writes "max" for no limit, v1 -1 or a number beyond every machine's memory. */
function limit(value: string | undefined): number | null {
  const number = Number.parseInt(value ?? "", 10);
  return Number.isNaN(number) || number < 0 || number > 2 ** 60 ? null : number;
}
