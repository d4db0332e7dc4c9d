/** A sandbox backend over an engine that speaks the Docker API. */
import type { Container } from "dockerode";
import { AssayError, type Sandbox, type SandboxBackend, type SandboxSpec, type StartOptions } from "../../src/index.ts";
import { openChannel } from "./channel/channel.ts";
import { removeSandbox, startContainer } from "./container.ts";
import { whenAnswering } from "./engine-call.ts";
import { oneLine, type Engine } from "./engine.ts";
import { engineCommands, type ExecTarget } from "./exec.ts";
import { imagePreparer } from "./image.ts";
import { plainCommands } from "./plain-exec.ts";
import { prune } from "./prune.ts";
import { containerSandbox } from "./sandbox.ts";

export interface BackendOptions {
  /** How commands get into a container: over long-lived lanes, which is the default, or each by the engine's exec. */
  commandsBy?: "lanes" | "exec";
}

export function containerBackend(engine: Engine, { commandsBy = "lanes" }: BackendOptions = {}): SandboxBackend {
  const prepareImage = imagePreparer(engine);
  const living = new Set<Sandbox>();
  /** Containers of starts that failed when the engine could not be reached. */
  const left = new Set<Container>();
  let waiting = 0;
  const startOne = async (spec: SandboxSpec, options: StartOptions): Promise<Sandbox> => {
    const image = await prepareImage(spec, options.signal ? { signal: options.signal } : {});
    const started = await startContainer(engine, spec, image, { ...options, onLeft: (container) => left.add(container) });
    const { container, user, home, stream } = started;
    const target: ExecTarget = {
      container,
      oomKills: 0,
      hasCommandsBesideLanes: false,
      user,
      env: home === undefined ? {} : { HOME: home },
    };
    const byExec = image.hasShell ? engineCommands(target) : plainCommands(target);
    const commands =
      commandsBy === "exec" || !image.hasShell
        ? byExec
        : await openChannel(target, stream, byExec.run).catch(async (error: unknown) => {
            await removeSandbox(engine, container).catch(() => left.add(container));
            throw error;
          });
    const onRemoved = (): void => void living.delete(sandbox);
    const sandbox: Sandbox = containerSandbox({ engine, started, target, commands, spec, image, onRemoved });
    living.add(sandbox);
    return sandbox;
  };
  return {
    async prepare(spec, options) {
      const { image, digest } = await prepareImage(spec, options);
      return { image, digest };
    },
    async start(spec, options) {
      options.signal?.throwIfAborted();
      let isWaiting = false;
      try {
        return await whenAnswering(() => startOne(spec, options), {
          signal: options.signal,
          onWait() {
            isWaiting = true;
            waiting += 1;
            if (waiting === 1) options.onProgress?.(`Waiting for ${engine.title} to answer at ${engine.address} …`);
          },
        });
      } finally {
        if (isWaiting) waiting -= 1;
      }
    },
    prune: () => prune(engine),
    async [Symbol.asyncDispose]() {
      const removals = [...living].map((sandbox) => sandbox[Symbol.asyncDispose]());
      for (const container of left) removals.push(removeSandbox(engine, container));
      const failed = (await Promise.allSettled(removals)).filter((removal) => removal.status === "rejected");
      if (failed.length === 0) return;
      throw new AssayError("sandbox/failed", `${engine.title} could not remove ${failed.length} sandboxes: ${oneLine(failed[0]?.reason)}`, {
        hint: "Remove them later: assay sandbox prune",
        cause: failed[0]?.reason,
      });
    },
  };
}
