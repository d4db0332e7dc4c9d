/** Sandboxes that are containers of a Docker Engine. */
import { AssayError, defineSandbox, type PruneResult, type Sandbox, type SandboxBackend } from "../src/index.ts";
import { removeContainer, startContainer } from "./docker/container.ts";
import { connectEngine, engineAvailability, oneLine, type Engine } from "./docker/engine.ts";
import { imagePreparer } from "./docker/image.ts";
import { OWNED_LABEL, reasonToKeep } from "./docker/owner.ts";
import { containerSandbox } from "./docker/sandbox.ts";

export default defineSandbox({
  name: "docker",
  description: "A container of a Docker Engine: any image or Dockerfile, real processes, resource limits.",
  capabilities: {
    hasPython: true,
    hasProcesses: true,
    hasPackages: true,
    hasNetwork: true,
    canUseImages: true,
    canSwitchUser: true,
    canLimitResources: true,
    isBinarySafe: true,
    canSnapshot: false,
  },
  availability: engineAvailability,
  open: async () => openBackend(await connectEngine()),
});

function openBackend(engine: Engine): SandboxBackend {
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

async function prune({ docker, address }: Engine): Promise<PruneResult> {
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
    throw new AssayError("sandbox/failed", `The Docker Engine at ${address} failed while old sandboxes were removed: ${oneLine(error)}`, {
      cause: error,
    });
  }
  return result;
}
