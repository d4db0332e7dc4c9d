/** What a task asks of its sandbox, and what a backend can give. */
import { z } from "zod";
import { parseAllowedHost } from "./allow-list.ts";

/** What a backend can do. A task names what it needs (`sandbox.needs`); a backend that lacks it is refused before anything starts. */
export const SANDBOX_CAPABILITIES = {
  hasPython: "runs python3 (3.10 or newer)",
  hasProcesses: "runs real processes: background jobs, signals, process groups",
  hasPackages: "has a Linux distribution's programs (git, make, gcc …), from an image",
  hasNetwork: "can be given a network",
  hasAllowList: "can be given a list of the hosts that it may reach",
  sealsAllowList: "reaches nothing but the hosts of its list, whatever runs in it",
  canUseImages: "starts from a container image or a Dockerfile",
  canSwitchUser: "runs a command as another user, root included",
  canUseGpus: "can be given GPUs",
  canLimitResources: "limits CPU, memory, processes, disk space and what can be written",
  isBinarySafe: "keeps every byte of stdout, stderr, stdin and files",
  hasServices: "runs several containers for one trial, from a compose file",
  canSnapshot: "keeps a final state that another sandbox can start from",
  protectsVerifier: "keeps a verifier's files and score out of the agent's reach",
} as const;

export type SandboxCapability = keyof typeof SANDBOX_CAPABILITIES;
export type SandboxCapabilities = Record<SandboxCapability, boolean>;

const capabilityNames = Object.keys(SANDBOX_CAPABILITIES) as [SandboxCapability, ...SandboxCapability[]];

/** What `ulimits` may name, as setrlimit(2) does, in lower case. */
export const ULIMITS = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
] as const;

/** What a process is given: its strings end at a NUL. */
const text = z.string().regex(/^[^\0]*$/, "cannot hold a NUL character");
/** Of the kernel's folders nothing is a sandbox's own. */
const KERNEL_FOLDERS = /^\/(proc|sys|dev)(\/|$)/;
const folder = text
  .regex(/^\/(?!\/)/, "must be an absolute path")
  .refine((path) => !path.split("/").some((name) => name === "." || name === ".."), "cannot hold a . or .. part");

/** Exact names each get an address of the sandbox's loopback. */
const MAX_ALLOWED_HOSTS = 64;

const networkSchema = z
  .union([z.enum(["none", "bridge"]), z.strictObject({ allow: z.array(z.string()).min(1).max(MAX_ALLOWED_HOSTS) })], {
    error: 'must be "none", "bridge" or { "allow": ["host", "host:port", "*.example.org"] }, with 1 to 64 hosts',
  })
  .superRefine((network, context) => {
    if (typeof network === "string") return;
    for (const [index, entry] of network.allow.entries()) {
      const host = parseAllowedHost(entry);
      if (typeof host === "string")
        context.addIssue({ code: "custom", message: `${JSON.stringify(entry)} ${host}`, path: ["allow", index] });
    }
  });

/** What a task asks of its sandbox; the defaults are the safe ones. Sizes in MiB. */
export const sandboxSpecSchema = z.strictObject({
  image: z.string().min(1).optional().describe("container image; backends without images ignore it"),
  dockerfile: z.string().min(1).optional().describe("path of a Dockerfile or of a folder with one; built once a run"),
  compose: z
    .string()
    .min(1)
    .optional()
    .describe("path of a compose file; its service main or default is the sandbox, the others run beside it"),
  workdir: folder.refine((path) => !KERNEL_FOLDERS.test(path), "cannot be in /proc, /sys or /dev").default("/workspace"),
  watch: z
    .array(folder)
    .default([])
    .describe("folders, besides workdir, whose changes are recorded after each step; of all others only at the end"),
  env: z.record(z.string().regex(/^[^=\0]+$/, "cannot be empty or hold = or NUL"), text).default({}),
  secrets: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/, "must be the name of an environment variable"))
    .default([])
    .describe("environment variables of Assay's own that every command gets; their values are in no record"),
  user: text.min(1).optional().describe("user of every command; default: a non-root user"),
  capabilities: z.enum(["none", "default"]).default("none").describe("Linux capabilities: none, or the engine's default set"),
  network: networkSchema.default("none").describe('none, bridge, or {"allow": ["host", "host:port", "*.example.org"]}: these hosts alone'),
  cpus: z.number().min(0.01).default(2),
  memoryMiB: z.number().int().min(6).default(2048).describe("engines refuse less than 6"),
  pids: z.number().int().positive().default(1024),
  gpus: z
    .union([z.literal("all"), z.number().int().positive()])
    .optional()
    .describe("NVIDIA GPUs: how many, or all"),
  shmMiB: z.number().int().positive().optional().describe("size of /dev/shm; default: the engine's own, mostly 64"),
  tmpfs: z
    .record(folder.regex(/^\/[^:,]+$/, "cannot be / or hold a colon or a comma"), z.number().int().positive())
    .default({})
    .describe("folders that are in memory, with their sizes in MiB; what the image has there is hidden"),
  diskMiB: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("disk space: of the whole sandbox where the engine can, else of the work folder"),
  ulimits: z
    .partialRecord(z.enum(ULIMITS), z.number().int().nonnegative())
    .default({})
    .describe("limits of each process, soft and hard the same, in the kernel's units: nofile 1024, core 0"),
  readOnlyRoot: z.boolean().default(false).describe("nothing but the work folder, the home folder, /tmp and tmpfs can be written"),
  needs: z.array(z.enum(capabilityNames)).default([]),
});

export type SandboxSpec = z.output<typeof sandboxSpecSchema>;
export type SandboxSpecInput = z.input<typeof sandboxSpecSchema>;
