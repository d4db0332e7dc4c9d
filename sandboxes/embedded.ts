/**
 * The sandbox that needs nothing: just-bash, a shell and core utilities in TypeScript over files in memory,
 * with CPython in WebAssembly, in a worker thread of its own. What it cannot do: docs/sandboxes.md.
 */
import { randomUUID } from "node:crypto";
import {
  AssayError,
  defineSandbox,
  networkText,
  type Sandbox,
  type SandboxBackend,
  type SandboxSpec,
  type StartOptions,
} from "../src/index.ts";
import { createSandbox } from "./embedded/sandbox.ts";
import { embeddedVerifier } from "./embedded/verify.ts";
import { WorkerClient } from "./embedded/worker-client.ts";

export default defineSandbox({
  name: "embedded",
  description: "A shell and Python inside this process: no Docker, no network, files in memory.",
  capabilities: {
    hasPython: true,
    hasProcesses: false,
    hasPackages: false,
    hasNetwork: false,
    hasAllowList: false,
    sealsAllowList: false,
    canUseImages: false,
    canSwitchUser: false,
    canUseGpus: false,
    // The worker's heap and its files are limited, Python's own memory is not.
    canLimitResources: false,
    // Files, stdin and Python's output are exact; a shell command that prints bytes which are not UTF-8 is not.
    isBinarySafe: false,
    hasServices: false,
    canSnapshot: false,
    protectsVerifier: true,
  },
  availability: async () => ({ isAvailable: true, detail: "built in" }),
  open: async () => openBackend(),
});

function openBackend(): SandboxBackend {
  const living = new Set<Sandbox>();
  return {
    prepare: async () => ({}),
    start: async (spec, options) => {
      const sandbox = await start(spec, options, () => living.delete(sandbox));
      living.add(sandbox);
      return sandbox;
    },
    // Everything lives in this process's memory: a crash leaves nothing.
    prune: async () => ({ removed: [], kept: [] }),
    async [Symbol.asyncDispose]() {
      await Promise.all([...living].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    },
  };
}

async function start(spec: SandboxSpec, { signal }: StartOptions, onDispose: () => void): Promise<Sandbox> {
  signal?.throwIfAborted();
  if (spec.network !== "none") {
    throw new AssayError(
      "config/unsupported",
      `The embedded sandbox has no network; the spec asks for network "${networkText(spec.network)}".`,
      {
        hint: "Run with --sandbox docker.",
      },
    );
  }
  const client = new WorkerClient({
    workdir: spec.workdir,
    env: spec.env,
    fileSystemBytes: spec.memoryMiB * 1024 * 1024,
    heapMiB: spec.memoryMiB,
  });
  const abort = (): void => void client.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await client.start();
  } catch (error) {
    await client.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const applied = { user: "user", network: "none", heapLimitMiB: spec.memoryMiB, fileSystemLimitMiB: spec.memoryMiB };
  const sandbox = createSandbox(client, { id: `embedded-${randomUUID()}`, workdir: spec.workdir, applied });
  return {
    ...sandbox,
    verify: embeddedVerifier(sandbox, () => client.renew()),
    async [Symbol.asyncDispose]() {
      onDispose();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}
