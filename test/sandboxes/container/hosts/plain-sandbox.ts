/** A sandbox of no engine that has every member a sandbox can have, for what hands sandboxes on. */
import type { ExecResult, Sandbox, Snapshot } from "../../../../src/index.ts";

const RESULT: ExecResult = {
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  exitCode: 0,
  timedOut: false,
  truncated: false,
  droppedBytes: 0,
  durationMs: 1,
};

/** The archive's second half never comes. */
function endlessSnapshot(): Snapshot {
  const tar = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("first");
    await new Promise(() => {});
  };
  return { kind: "archive", image: "sha256:image", deleted: [], replaced: [], tar: tar(), counted: { files: 1 } };
}

export function plainSandbox(applied: Sandbox["applied"] = {}): Required<Sandbox> {
  return {
    id: "plain",
    workdir: "/workspace",
    applied,
    exec: async () => RESULT,
    shell: async () => ({ exec: async () => RESULT, [Symbol.asyncDispose]: async () => {} }),
    readFile: async () => new Uint8Array(),
    writeFile: async () => {},
    upload: async () => {},
    download: async () => new Uint8Array(),
    listFiles: async () => ({ entries: [], takenAtMs: 0, clockStepMs: 1, isTruncated: false, unreadable: [], leftOut: [] }),
    readFiles: async () => new Map(),
    verify: async () => ({ ...RESULT, left: undefined, user: "root", notes: [] }),
    snapshot: async () => endlessSnapshot(),
    usage: async () => ({ peakMemoryMiB: 1, cpuMs: 1 }),
    services: async () => [],
    onConnection: () => {},
    isAlive: async () => true,
    [Symbol.asyncDispose]: async () => {},
  };
}
