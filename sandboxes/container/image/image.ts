/** Finds, pulls or builds the image of a spec, once however many trials ask at the same time, and sees that it can start. */
import { AssayError, type SandboxSpec } from "../../../src/index.ts";
import { buildWhenMissing } from "./build.ts";
import { DEFAULT_USER } from "../start/default-user.ts";
import { defaultDockerfile, type BuildRequest } from "./context.ts";
import { oneLine, type Engine } from "../engine/engine.ts";
import { inspectImage, type FoundImage } from "./found-image.ts";
import { probeImage } from "./probe.ts";
import { credentialsFor } from "./registry-credentials.ts";
import { followProgress, progressEvents } from "./progress.ts";
import { sharedWork, type SharedWorkOptions, type Work } from "./shared-work.ts";

export interface PreparedImage extends FoundImage {
  /** Whether it has `sh`. Without one its own command is the first process, and commands are run by the Engine's exec alone. */
  hasShell: boolean;
}

/** Where an image comes from: the default one where nothing is said. */
export interface ImageSource extends Partial<Pick<SandboxSpec, "image" | "dockerfile">> {
  build?: BuildRequest | undefined;
}

/** Returns a function that prepares the image of a sandbox; callers of the same image share the work. */
export function imagePreparer(
  engine: Engine,
): (source: ImageSource & Partial<Pick<SandboxSpec, "user">>, options?: SharedWorkOptions) => Promise<PreparedImage> {
  return onceEach(async (source, work) => {
    const found = await findOrMakeImage(engine, source, work);
    return { ...found, hasShell: await probeImage(engine, found, { user: source.user ?? DEFAULT_USER, signal: work.signal }) };
  });
}

/** The same for an image whose own command is to run, which tells by itself whether it can. */
export function imageFinder(engine: Engine): (source: ImageSource, options?: SharedWorkOptions) => Promise<FoundImage> {
  return onceEach((source, work) => findOrMakeImage(engine, source, work));
}

function onceEach<S extends ImageSource, T>(
  make: (source: S, work: Work) => Promise<T>,
): (source: S, options?: SharedWorkOptions) => Promise<T> {
  const made = new Map<string, (options: SharedWorkOptions) => Promise<T>>();
  return (source, options = {}) => {
    const key = JSON.stringify([source.dockerfile, source.image, source.build]);
    const known = made.get(key) ?? sharedWork((work) => make(source, work));
    made.set(key, known);
    return known(options);
  };
}

function findOrMakeImage(engine: Engine, { dockerfile, build, image }: ImageSource, work: Work): Promise<FoundImage> {
  const built = dockerfile ?? build;
  return built === undefined && image !== undefined
    ? pullWhenMissing(engine, image, work)
    : buildWhenMissing(engine, built ?? defaultDockerfile(), work);
}

async function pullWhenMissing(engine: Engine, image: string, { signal, onProgress }: Work): Promise<FoundImage> {
  const present = await inspectImage(engine, image);
  if (present) return present;
  // Without a tag the Engine would pull every tag there is.
  const reference = /[:@][^/]+$/.test(image) ? image : `${image}:latest`;
  const what = `pulling ${reference}`;
  onProgress(what);
  const { credentials, problem } = await credentialsFor(image);
  try {
    const answer = await engine.docker.pull(reference, { abortSignal: signal, ...(credentials && { authconfig: credentials }) });
    await followProgress(progressEvents(answer), what, { progress: { step: undefined, lastLines: [] }, onProgress });
  } catch (error) {
    signal.throwIfAborted();
    throw new AssayError(
      "sandbox/image",
      `Image "${image}" is not here and cannot be pulled: ${[oneLine(error), problem ?? []].flat().join(" — ")}`,
      {
        hint: `Check the name, try \`${engine.differences.program} pull ${image}\`, or run with --sandbox embedded.`,
        cause: error,
      },
    );
  }
  const pulled = await inspectImage(engine, image);
  if (pulled) return pulled;
  throw new AssayError("sandbox/image", `Image "${image}" was pulled but is not there.`, { hint: "Check the name." });
}
