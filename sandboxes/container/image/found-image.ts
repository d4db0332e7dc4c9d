/** An image that an engine has. */
import { AssayError } from "../../../src/index.ts";
import { engineStatus, oneLine, type Engine } from "../engine/engine.ts";

export interface FoundImage {
  /** As the spec or the build names it. */
  image: string;
  /** What containers are made from: nobody can move it under a run. */
  id: string;
  /** The registry's digest where there is one, else the id. */
  digest: string;
}

/** Looks an image up; undefined when it is not there. */
export async function inspectImage(engine: Engine, image: string): Promise<FoundImage | undefined> {
  for (const name of engine.differences.imageNames(image)) {
    const found = await inspectByName(engine, name);
    if (found) return { ...found, image };
  }
  return undefined;
}

async function inspectByName({ docker, title }: Engine, image: string): Promise<FoundImage | undefined> {
  try {
    const found = await docker.getImage(image).inspect();
    return { image, id: found.Id, digest: found.RepoDigests?.[0] ?? found.Id };
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw new AssayError("sandbox/image", `${title} cannot look at image "${image}": ${oneLine(error)}`, { cause: error });
  }
}
