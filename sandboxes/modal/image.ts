/** Builds the image of a spec in Modal, once a run however many trials ask at the same time. */
import { AssayError, type SandboxSpec } from "../../src/index.ts";
import { defaultDockerfile } from "../container/image/context.ts";
import { sharedWork, type SharedWorkOptions, type Work } from "../container/image/shared-work.ts";
import { readRecipe, type Recipe } from "./dockerfile.ts";
import { failureKind, modalError, saidBy, within } from "./errors.ts";
import type { Modal } from "./sdk.ts";

export interface ModalImage {
  /** As the spec names it. */
  name: string;
  built: Modal.Image;
}

const BUILD_MS = 30 * 60_000;
/** Modal would run it before what a sandbox is told to run. */
const NO_ENTRYPOINT = "ENTRYPOINT []";

export interface ImageSource {
  client: Modal.ModalClient;
  app: () => Promise<Modal.App>;
}

/** Returns a function that prepares the image of a spec; callers of the same image share the work. */
export function modalImages(source: ImageSource): (spec: SandboxSpec, options?: SharedWorkOptions) => Promise<ModalImage> {
  const prepared = new Map<string, (options: SharedWorkOptions) => Promise<ModalImage>>();
  return (spec, options = {}) => {
    const key = JSON.stringify([spec.dockerfile, spec.image]);
    const known = prepared.get(key) ?? sharedWork((work) => prepare(source, spec, work));
    prepared.set(key, known);
    return known(options);
  };
}

async function prepare({ client, app }: ImageSource, spec: SandboxSpec, { signal, onProgress }: Work): Promise<ModalImage> {
  const recipe: Recipe =
    spec.dockerfile === undefined && spec.image !== undefined
      ? { name: spec.image, from: spec.image, layers: [] }
      : await readRecipe(spec.dockerfile ?? defaultDockerfile());
  const { name } = recipe;
  const layers = recipe.layers.length === 0 ? [[]] : recipe.layers;
  const last = layers.length - 1;
  const asked = layers.reduce(
    (image, layer, index) => image.dockerfileCommands(index === last ? [...layer, NO_ENTRYPOINT] : layer),
    client.images.fromRegistry(recipe.from),
  );
  const target = await app();
  onProgress(`building ${name} on Modal, unless it is there`);
  try {
    const built = await within(BUILD_MS, `the build of image "${name}"`, asked.build(target), signal);
    return { name, built };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AssayError || failureKind(error) !== "unknown") throw modalError(`the build of image "${name}"`, error);
    throw new AssayError("sandbox/image", `Modal could not build image "${name}": ${buildFailure(error)}`, {
      hint: "The build's own output is in the app `assay` on modal.com; `docker build` shows it here.",
      cause: error,
    });
  }
}

/** What the builder said, without the SDK's words around it. */
function buildFailure(error: unknown): string {
  return saidBy(error).replace(/^Image build for \S+ failed with the exception:\s*/, "");
}
