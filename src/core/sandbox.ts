/** What a sandbox is: an isolated machine for one trial, and the backend that makes them. */
import { z } from "zod";
import type { FileContent } from "./file-content.ts";
import type { FileListing, ListFilesOptions, ReadFilesOptions } from "./sandbox-files.ts";

/** What a backend can do. A task names what it needs (`sandbox.needs`); a backend that lacks it is refused before anything starts. */
export const SANDBOX_CAPABILITIES = {
  hasPython: "runs python3 (3.10 or newer)",
  hasProcesses: "runs real processes: background jobs, signals, process groups",
  hasPackages: "has a Linux distribution's programs (git, make, gcc …), from an image",
  hasNetwork: "can be given a network",
  canUseImages: "starts from a container image or a Dockerfile",
  canSwitchUser: "runs a command as another user, root included",
  canLimitResources: "limits CPU, memory, processes, disk space and what can be written",
  isBinarySafe: "keeps every byte of stdout, stderr, stdin and files",
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

/** What a task asks of its sandbox; the defaults are the safe ones. Sizes in MiB. */
export const sandboxSpecSchema = z.strictObject({
  image: z.string().min(1).optional().describe("container image; backends without images ignore it"),
  dockerfile: z.string().min(1).optional().describe("path of a Dockerfile or of a folder with one; built once a run"),
  workdir: folder.refine((path) => !KERNEL_FOLDERS.test(path), "cannot be in /proc, /sys or /dev").default("/workspace"),
  watch: z
    .array(folder)
    .default([])
    .describe("folders, besides workdir, whose changes are recorded after each step; of all others only at the end"),
  env: z.record(z.string().regex(/^[^=\0]+$/, "cannot be empty or hold = or NUL"), text).default({}),
  user: text.min(1).optional().describe("user of every command; default: a non-root user"),
  capabilities: z.enum(["none", "default"]).default("none").describe("Linux capabilities: none, or the engine's default set"),
  network: z.enum(["none", "bridge"]).default("none"),
  cpus: z.number().min(0.01).default(2),
  memoryMiB: z.number().int().min(6).default(2048).describe("engines refuse less than 6"),
  pids: z.number().int().positive().default(1024),
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

export interface ExecOptions {
  /** Absolute, or relative to the sandbox's workdir. */
  cwd?: string;
  env?: Record<string, string>;
  user?: string;
  stdin?: Uint8Array | string;
  /** Kills the command's whole process tree; the result then has `timedOut`. Default 120,000. */
  timeoutMs?: number;
  /** Bytes kept of stdout and stderr together; what goes beyond is counted and dropped. Default 64 MiB. */
  maxOutputBytes?: number;
  /** Called with each piece of output as it comes. */
  onOutput?: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  signal?: AbortSignal;
}

/** The result of a command. A failure of the command is a result; only a failure of the sandbox throws. */
export interface ExecResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
  /** Only where it is known: a status of 137 alone does not tell SIGKILL from `exit 137`. */
  signal?: string;
  timedOut: boolean;
  /** Whether more output came than `maxOutputBytes`. */
  truncated: boolean;
  /** Bytes of output that were dropped; 0 unless `truncated`. */
  droppedBytes: number;
  oomKilled?: boolean;
  durationMs: number;
}

/** What a sandbox has used since its start; null where that cannot be known. */
export interface SandboxUsage {
  peakMemoryMiB: number | null;
  cpuMs: number | null;
  /** What it has cost so far, where its provider bills for it: an estimate from list prices, and never a bill. */
  estimatedCostUsd?: number;
}

/** A command that grades what is in a sandbox, and what it is given. */
export interface VerifyRequest {
  /**
   * Run in the work folder by a user who is not the agent. A string is run by `sh`, and in it `$VERIFIER` is the folder of `files` and
   * `$VERIFIER_RESULTS` an empty one, see `nameVerifierFolders`. An array is run as it is, without a shell.
   */
  command: string | readonly string[];
  /** By path relative to `$VERIFIER`; put where nobody but the verifier can read or change them, and not before the verifier runs. */
  files?: Readonly<Record<string, FileContent>>;
  stdin?: Uint8Array | string;
  env?: Readonly<Record<string, string>>;
  /** Kills everything that the verifier started; the result then has `timedOut`. Default 120,000. */
  timeoutMs?: number;
  /** A path relative to `$VERIFIER_RESULTS`: the file that the verifier leaves there is the result's `left`. */
  resultFile?: string;
  /** Whether what the agent left running goes on (`live`, the default) or is killed first. */
  processes?: "live" | "killed";
  /** Whether the verifier's user is let into the agent's files, by their group's rights, or their modes are left as they are. Default `opened`. */
  modes?: "opened" | "kept";
  /** As for {@link ExecOptions}. */
  maxOutputBytes?: number;
  signal?: AbortSignal;
}

/** What a verifier printed and left. */
export interface VerifyResult extends ExecResult {
  /** The content of `resultFile`; undefined where there is no such file, or one of more than 16 MiB. */
  left: Uint8Array | undefined;
  /** Who ran it. */
  user: string;
  /** What a reader of the score should know, a sentence each: what could not be kept out of the agent's reach, say. */
  notes: readonly string[];
}

/** A persistent session: cwd, environment and functions survive from one command to the next. */
export interface Shell extends AsyncDisposable {
  exec(command: string, options?: Omit<ExecOptions, "user">): Promise<ExecResult>;
}

export interface WriteFileOptions {
  /** In octal, default 0o644. */
  mode?: number;
  /** `user`: only where the sandbox's own user may write, which is all that a tool gets. Without it also where only the backend may. */
  rights?: "user";
}

export interface Sandbox extends AsyncDisposable {
  readonly id: string;
  readonly workdir: string;
  /** What was really applied, read back after the start: image digest, user, limits. Recorded in the trace. */
  readonly applied: Readonly<Record<string, string | number | boolean | null>>;
  /** A string is run by `sh -c`, an array without a shell. */
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>;
  shell(options?: { cwd?: string; env?: Record<string, string> }): Promise<Shell>;
  readFile(path: string): Promise<Uint8Array>;
  /** Creates the parent folders. The file belongs to the sandbox's user. */
  writeFile(path: string, content: Uint8Array | string, options?: WriteFileOptions): Promise<void>;
  /** Unpacks an uncompressed tar archive into the folder `into`. */
  upload(tar: Uint8Array, options: { into: string }): Promise<void>;
  /** Packs a file or folder as an uncompressed tar archive, entries relative to the parent of `path`. */
  download(path: string): Promise<Uint8Array>;
  /** Lists these absolute folders and all below them, links not followed; `/proc`, `/sys` and `/dev` are left out. A folder that is missing has no entries. */
  listFiles(folders: readonly string[], options: ListFilesOptions): Promise<FileListing>;
  /** Whole contents of regular files by absolute path. What is missing, no regular file or may not be read is left out. */
  readFiles(paths: readonly string[], options: ReadFilesOptions): Promise<Map<string, Uint8Array>>;
  /**
   * Grades what is there now; present where the backend `protectsVerifier`. Throws `score/failed` where the verifier could not be started.
   */
  verify?(request: VerifyRequest): Promise<VerifyResult>;
  /** Asked once, at the sandbox's end, by one cheap look; absent where nothing can be known. */
  usage?(): Promise<SandboxUsage>;
  /** Whether it still runs, by one cheap look; absent where it cannot end by itself. */
  isAlive?(): Promise<boolean>;
}

/** Whose sandbox it is: written on it as labels, so that a later start can remove what a crash left. */
export interface SandboxOwner {
  runId: string;
  trialId: string;
  attempt: number;
}

export interface StartOptions {
  owner: SandboxOwner;
  /** How long the trial may take: a backend whose sandboxes end by themselves gives it so long and some more. */
  lifetimeMs?: number;
  signal?: AbortSignal;
  /** Told what a start waits for that may take long. */
  onProgress?: (line: string) => void;
}

export type Availability =
  | {
      isAvailable: true;
      detail: string;
      version?: string;
      /** Sentences on what is otherwise than one would expect: limits that are not enforced here, an image that is yet to be built. */
      notes?: readonly string[];
    }
  | { isAvailable: false; reason: string; hint: string };

export interface PruneResult {
  /** Ids of sandboxes removed. */
  removed: string[];
  /** Ids left alone, with the reason: their owner lives. */
  kept: { id: string; reason: string }[];
}

/** An opened backend. Whoever opens it disposes of it. */
export interface SandboxBackend extends AsyncDisposable {
  /** Builds or pulls what `spec` needs, once a run. Returns what goes into the record (an image digest, say). */
  prepare(spec: SandboxSpec, options?: { signal?: AbortSignal; onProgress?: (line: string) => void }): Promise<Record<string, string>>;
  start(spec: SandboxSpec, options: StartOptions): Promise<Sandbox>;
  /** Removes what dead owners left behind. */
  prune(): Promise<PruneResult>;
}

export interface SandboxDefinition {
  name: string;
  description: string;
  capabilities: SandboxCapabilities;
  /** Whether it can be used here, and if not why and what to do. Never throws, never hangs for more than 5 s. */
  availability(): Promise<Availability>;
  open(): Promise<SandboxBackend>;
}

/**
 * Defines a sandbox backend; one file in `sandboxes/` exports it as default.
 * @example
 * export default defineSandbox({ name: "mine", description: "…", capabilities: { … }, availability, open });
 */
export function defineSandbox(definition: SandboxDefinition): SandboxDefinition {
  return definition;
}
