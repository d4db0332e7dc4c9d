/** What the host and a sandbox's worker say to each other. Bytes are transferred, not copied. */

/** A path of the sandbox's file system as it is now; what the host needs to build the same again. */
export type FileChange =
  | { type: "file"; path: string; content: Uint8Array; mode: number; mtimeMs: number; identity: string }
  | { type: "directory"; path: string; mode: number; mtimeMs: number; identity: string }
  | { type: "symlink"; path: string; target: string }
  /** The path and everything below it is gone. */
  | { type: "removed"; path: string };

export interface WorkerSetup {
  workdir: string;
  env: Record<string, string>;
  fileSystemBytes: number;
  /** The file system to begin with, parents before children. */
  files: FileChange[];
  /** One Int32: the id of the command that must stop. Read by the interpreter between two steps, so that no event needs to get through. */
  stop: SharedArrayBuffer;
}

export interface SessionState {
  /** What the shell printed about itself: variables, options, names of functions, folder; "" in a new session. */
  saved: string;
  /** Definitions of functions by name. */
  functions: Record<string, string>;
}

export interface ExecuteRequest {
  kind: "execute";
  script: string;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: Uint8Array;
  timeoutMs: number;
  /** A session's state as its last reply gave it; absent outside of sessions. */
  session?: SessionState;
}

export interface ExecuteReply {
  kind: "execute";
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
  timedOut: boolean;
  durationMs: number;
  /** The session's new state; absent where the command did not reach its end. */
  session?: SessionState;
}

export type FileRequest =
  | { kind: "readFile"; path: string }
  | { kind: "writeFile"; path: string; content: Uint8Array; mode: number }
  | { kind: "upload"; tar: Uint8Array; into: string }
  | { kind: "download"; path: string };

export type WorkerRequest = { id: number } & (ExecuteRequest | FileRequest);

/** `bytes` answers a file request; empty where there is nothing to return. */
export type WorkerReply = ExecuteReply | { kind: "bytes"; bytes: Uint8Array } | { kind: "pathError"; message: string };

export type WorkerMessage = { id: number; reply: WorkerReply; changes: FileChange[] };
