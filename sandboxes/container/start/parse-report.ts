/** What the first process of a container has found out: its user and the limits that really hold. */
import { z } from "zod";
import { AssayError, ULIMITS } from "../../../src/index.ts";

/** A limit that is null was not found or is not set. */
const reportSchema = z.object({
  uid: z.coerce.number().int().nonnegative(),
  gid: z.coerce.number().int().nonnegative(),
  hasCapabilities: z.boolean(),
  hasNoNewPrivileges: z.boolean(),
  /** Null where the kernel does not say. */
  hasSeccomp: z.boolean().nullable(),
  memoryMiB: z.number().nullable(),
  pids: z.number().nullable(),
  cpus: z.number().nullable(),
  /** Of the whole root, where it was asked for. */
  diskMiB: z.number().nullable(),
  /** Whether there is an interface beside the loopback that is up; null where it cannot be seen. */
  hasNetwork: z.boolean().nullable(),
  isWorkdirWritable: z.boolean(),
  isHomeWritable: z.boolean(),
  /** Where programs are looked for: first what the user can change nothing of, then the rest. */
  path: z.array(z.string()),
  /** The root and what is in memory, by path, where it was asked for. */
  mounts: z.record(z.string(), z.object({ isReadOnly: z.boolean(), sizeMiB: z.number().nullable() })),
  /** By their names in a spec, where they were asked for. */
  ulimits: z.record(z.string(), z.number().nullable()),
});

export type ContainerReport = z.output<typeof reportSchema>;

/** Throws `sandbox/failed` when the text is no report: the image's shell did not run the script. */
export function parseReport(text: string): ContainerReport {
  const pairs = text.split("\n").map((line): [string, string] => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  const lines = new Map(pairs);
  const all = (key: string): string[] => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const [quota, period] = (lines.get("cpu") ?? "").split(/\s+/);
  const memoryBytes = limit(lines.get("memory"));
  const cpuQuota = limit(quota);
  const diskKiB = limit(lines.get("disk"));
  const report = reportSchema.safeParse({
    uid: lines.get("Uid"),
    gid: lines.get("Gid"),
    hasCapabilities: /[1-9a-f]/.test(lines.get("CapEff") ?? ""),
    hasNoNewPrivileges: lines.get("NoNewPrivs") === "1",
    hasSeccomp: lines.has("Seccomp") ? lines.get("Seccomp") === "2" : null,
    memoryMiB: memoryBytes === null ? null : Math.round(memoryBytes / 1024 / 1024),
    pids: limit(lines.get("pids")),
    cpus: cpuQuota === null ? null : cpuQuota / (limit(period) ?? 100_000),
    diskMiB: diskKiB === null ? null : Math.round(diskKiB / 1024),
    hasNetwork: parseInterfaces(all("interface")),
    isWorkdirWritable: lines.has("workdir"),
    isHomeWritable: lines.has("home"),
    path: [...all("path-system"), ...all("path-own")].map(utf8),
    mounts: Object.fromEntries(all("mount").map(parseMount)),
    ulimits: parseUlimits(all("ulimit")),
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

/** "eth0 0x1003". Some kernels have tunnels in every network namespace, which are down. */
function parseInterfaces(lines: readonly string[]): boolean | null {
  if (lines.length === 0) return null;
  return lines.some((line) => {
    const [name, flags] = line.split(" ");
    return name !== "lo" && (Number(flags) & INTERFACE_IS_UP) !== 0;
  });
}

/** IFF_UP of netdevice(7). */
const INTERFACE_IS_UP = 1;

const UNIT_MIB: Record<string, number> = { k: 1 / 1024, m: 1, g: 1024 };

/** What the report holds is latin1; a name is UTF-8. */
function utf8(name: string): string {
  return Buffer.from(name, "latin1").toString();
}

/** "/path rw,size=64k": the kernel writes what would end a path as an octal number. */
function parseMount(line: string): [string, { isReadOnly: boolean; sizeMiB: number | null }] {
  const [path = "", options = ""] = line.split(" ");
  const decoded = path.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  const size = /(?:^|,)size=(\d+)([kmg]?)/.exec(options);
  const sizeMiB = size ? Number(size[1]) * (UNIT_MIB[size[2] ?? ""] ?? 1 / 1024 / 1024) : null;
  return [utf8(decoded), { isReadOnly: /^ro(,|$)/.test(options), sizeMiB }];
}

/** As /proc/PID/limits names them. */
const ULIMIT_TITLES: Record<(typeof ULIMITS)[number], string> = {
  core: "Max core file size",
  cpu: "Max cpu time",
  data: "Max data size",
  fsize: "Max file size",
  locks: "Max file locks",
  memlock: "Max locked memory",
  msgqueue: "Max msgqueue size",
  nice: "Max nice priority",
  nofile: "Max open files",
  nproc: "Max processes",
  rtprio: "Max realtime priority",
  rttime: "Max realtime timeout",
  sigpending: "Max pending signals",
  stack: "Max stack size",
};

/** The hard limits; null is no limit. */
function parseUlimits(lines: readonly string[]): Record<string, number | null> {
  const found: Record<string, number | null> = {};
  for (const name of ULIMITS) {
    const title = ULIMIT_TITLES[name];
    const line = lines.find((each) => each.startsWith(`${title} `));
    if (line !== undefined) found[name] = limit(line.slice(title.length).trim().split(/\s+/)[1]);
  }
  return found;
}
