/** A sandbox backend over an engine that speaks the Docker API. */
import { AssayError, type PruneResult, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { openChannel } from "./channel/channel.ts";
import { removeContainer, startContainer } from "./container.ts";
import { oneLine, type Engine } from "./engine.ts";
import { engineCommands, type ExecTarget } from "./exec.ts";
import { imagePreparer } from "./image.ts";
import { OWNED_LABEL, reasonToKeep } from "./owner.ts";
import { containerSandbox } from "./sandbox.ts";

export interface BackendOptions {
  /** How commands get into a container: over long-lived lanes, which is the default, or each by the engine's exec. */
  commandsBy?: "lanes" | "exec";
}

export function containerBackend(engine: Engine, { commandsBy = "lanes" }: BackendOptions = {}): SandboxBackend {
  const prepareImage = imagePreparer(engine);
  const living = new Set<Sandbox>();
  return {
    async prepare(spec, options) {
      const { image, digest } = await prepareImage(spec, options);
      return { image, digest };
    },
    async start(spec, options) {
      options.signal?.throwIfAborted();
      const image = await prepareImage(spec, options.signal ? { signal: options.signal } : {});
      const started = await startContainer(engine, spec, image, options);
      const { container, user, home, stream } = started;
      const target: ExecTarget = { container, oomKills: 0, user, env: home === undefined ? {} : { HOME: home } };
      const byExec = engineCommands(target);
      const commands = commandsBy === "exec" ? byExec : await openChannel(target, stream, byExec.run);
      const onRemoved = (): void => void living.delete(sandbox);
      const sandbox: Sandbox = containerSandbox({ started, target, commands, spec, image, onRemoved });
      living.add(sandbox);
      return sandbox;
    },
    prune: () => prune(engine),
    async [Symbol.asyncDispose]() {
      await Promise.all([...living].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    },
  };
}

async function prune({ docker, title, address }: Engine): Promise<PruneResult> {
  const result: PruneResult = { removed: [], kept: [] };
  try {
    for (const found of await docker.listContainers({ all: true, filters: { label: [OWNED_LABEL] } })) {
      // A sandbox's id is its container's name.
      const id = found.Names[0]?.replace(/^\//, "") ?? found.Id;
      const reason = await reasonToKeep(found.Labels, found.State === "running");
      if (reason !== undefined) {
        result.kept.push({ id, reason });
        continue;
      }
      await removeContainer(docker.getContainer(found.Id));
      result.removed.push(id);
    }
  } catch (error) {
    throw new AssayError("sandbox/failed", `${title} at ${address} failed while old sandboxes were removed: ${oneLine(error)}`, {
      cause: error,
    });
  }
  return result;
}
