/** What a sandbox is: an isolated machine for one trial, and the backend that makes them. */
import type { FileContent } from "./file-content.ts";
import type { Snapshot, SnapshotOptions } from "./sandbox-snapshot.ts";
import type { SandboxCapabilities, SandboxSpec } from "./sandbox-spec.ts";
import type { EventFields } from "./trace.ts";
import type { FileListing, ListFilesOptions, ReadFilesOptions } from "./sandbox-files.ts";

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

/** A container that runs beside a sandbox, and what it printed. */
export interface SandboxService {
  name: string;
  /** Of its image. */
  digest: string;
  startMs: number;
  /** Since the service was started; null where nothing tests whether it is healthy. */
  healthyMs: number | null;
  /** Null while it runs. */
  exitCode: number | null;
  oomKilled: boolean;
  /** The end of what it printed; `droppedBytes` came before it. */
  stdout: Uint8Array;
  stderr: Uint8Array;
  droppedBytes: number;
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

/** A connection that something in the sandbox asked for, once it has ended. */
export type SandboxConnection = EventFields<"sandbox.network">;

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
  /**
   * What the sandbox's files are now; present where the backend `canSnapshot`. `StartOptions.snapshot` starts another one of the same
   * backend from it: a fork, without the processes. Throws `sandbox/snapshot` where it cannot be taken.
   */
  snapshot?(options?: SnapshotOptions): Promise<Snapshot>;
  /** Asked once, at the sandbox's end, by one cheap look; absent where nothing can be known. */
  usage?(): Promise<SandboxUsage>;
  /** Asked once, at the sandbox's end; absent where there are none. */
  services?(): Promise<SandboxService[]>;
  /** Tells of each connection from now on; present where the network is an allow-list. */
  onConnection?(listener: (connection: SandboxConnection) => void): void;
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
  /** What the new sandbox's files are to be; throws `sandbox/snapshot` where they are not to be had any more. For backends that `canSnapshot`. */
  snapshot?: Snapshot;
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

export interface OpenSandboxOptions {
  /** Addresses of the machines to run on, in place of the backend's own choice; only given where the backend `takesHosts`. */
  hosts?: readonly string[];
  /** Told what a person should know of the hosts while they are in use: that one does not answer any more, say. */
  onProgress?: (line: string) => void;
}

export interface SandboxDefinition {
  name: string;
  description: string;
  capabilities: SandboxCapabilities;
  /** Whether a person may name the machines that it runs on (`--docker-host`); default no. */
  takesHosts?: boolean;
  /** Whether it can be used here, and if not why and what to do. Never throws, never hangs for more than 5 s. */
  availability(options?: Pick<OpenSandboxOptions, "hosts">): Promise<Availability>;
  open(options?: OpenSandboxOptions): Promise<SandboxBackend>;
}

/**
 * Defines a sandbox backend; one file in `sandboxes/` exports it as default.
 * @example
 * export default defineSandbox({ name: "mine", description: "…", capabilities: { … }, availability, open });
 */
export function defineSandbox(definition: SandboxDefinition): SandboxDefinition {
  return definition;
}
