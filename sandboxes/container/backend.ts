/** A sandbox backend over an engine that speaks the Docker API. */
import { AssayError, type PruneResult, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { removeContainer, startContainer } from "./container.ts";
import { oneLine, type Engine } from "./engine.ts";
import { imagePreparer } from "./image.ts";
import { OWNED_LABEL, reasonToKeep } from "./owner.ts";
import { containerSandbox } from "./sandbox.ts";

export function containerBackend(engine: Engine): SandboxBackend {
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
      const sandbox: Sandbox = containerSandbox(started, spec, image, () => living.delete(sandbox));
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
