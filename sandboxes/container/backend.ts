/** A sandbox backend over an engine that speaks the Docker API. */
import type { Duplex } from "node:stream";
import type { Container } from "dockerode";
import { AssayError, type Sandbox, type SandboxBackend, type SandboxSpec, type StartOptions } from "../../src/index.ts";
import { openChannel } from "./commands/channel/channel.ts";
import { removeSandbox, startContainer } from "./start/start-container.ts";
import { whenAnswering } from "./engine/engine-call.ts";
import { isContainerRunning } from "./engine/living.ts";
import { oneLine, type Engine } from "./engine/engine.ts";
import type { Commands, ExecTarget } from "./commands/commands.ts";
import { engineCommands } from "./commands/engine-commands.ts";
import { folderImages } from "./image/folder-images.ts";
import { imagePreparer, type PreparedImage } from "./image/image.ts";
import { plainCommands } from "./commands/no-shell-exec.ts";
import { prune } from "./engine/prune.ts";
import { containerSandbox } from "./sandbox.ts";

export interface BackendOptions {
  /** How commands get into a container: over long-lived lanes, which is the default, or each by the engine's exec. */
  commandsBy?: "lanes" | "exec";
}

export function containerBackend(engine: Engine, { commandsBy = "lanes" }: BackendOptions = {}): SandboxBackend {
  const prepareImage = imagePreparer(engine);
  const images = folderImages(engine);
  const living = new Set<Sandbox>();
  /** Containers of starts that failed when the engine could not be reached. */
  const left = new Set<Container>();
  const startOne = async (spec: SandboxSpec, options: StartOptions): Promise<Sandbox> => {
    const image = await prepareImage(spec, options.signal ? { signal: options.signal } : {});
    const started = await startContainer(engine, spec, image, {
      ...options,
      folderImages: images,
      onLeft: (container) => left.add(container),
    });
    const { container, user, home, stream } = started;
    const target: ExecTarget = {
      container,
      isRunning: () => isContainerRunning(container),
      oomKills: 0,
      hasCommandsBesideLanes: false,
      user,
      env: home === undefined ? {} : { HOME: home },
    };
    const commands = await openCommands(target, { image, stream, commandsBy }).catch(async (error: unknown) => {
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
    start: patiently(engine, startOne),
    prune: () => prune(engine),
    async [Symbol.asyncDispose]() {
      const removals = [images, ...living].map((each) => each[Symbol.asyncDispose]());
      for (const container of left) removals.push(removeSandbox(engine, container));
      const failed = (await Promise.allSettled(removals)).filter((removal) => removal.status === "rejected");
      if (failed.length > 0) throw notRemoved(engine, failed.length, failed[0]?.reason);
    },
  };
}

/** The same, but waits for an engine that does not answer, and says so once. */
function patiently(engine: Engine, start: SandboxBackend["start"]): SandboxBackend["start"] {
  let waiting = 0;
  return async (spec, options) => {
    options.signal?.throwIfAborted();
    let isWaiting = false;
    try {
      return await whenAnswering(() => start(spec, options), {
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
  };
}

interface CommandWays extends Required<BackendOptions> {
  image: PreparedImage;
  /** What the first lane is made of. */
  stream: Duplex | undefined;
}

async function openCommands(target: ExecTarget, { image, stream, commandsBy }: CommandWays): Promise<Commands> {
  if (!image.hasShell) return plainCommands(target);
  const byExec = engineCommands(target);
  return commandsBy === "exec" ? byExec : openChannel(target, stream, byExec.run);
}

function notRemoved({ title }: Engine, count: number, reason: unknown): AssayError {
  return new AssayError("sandbox/failed", `${title} could not remove ${count} sandboxes: ${oneLine(reason)}`, {
    hint: "Remove them later: assay sandbox prune",
    cause: reason,
  });
}
