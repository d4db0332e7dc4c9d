/** Finds, pulls or builds the image of a spec, once however many trials ask at the same time, and sees that it can start. */
import { AssayError, type SandboxSpec } from "../../../src/index.ts";
import { buildWhenMissing } from "./build.ts";
import { DEFAULT_USER } from "../start/default-user.ts";
import { defaultDockerfile } from "./context.ts";
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

/** Returns a function that prepares the image of a spec; callers of the same image share the work. */
export function imagePreparer(engine: Engine): (spec: SandboxSpec, options?: SharedWorkOptions) => Promise<PreparedImage> {
  const prepared = new Map<string, (options: SharedWorkOptions) => Promise<PreparedImage>>();
  return (spec, options = {}) => {
    const key = JSON.stringify([spec.dockerfile, spec.image]);
    const known = prepared.get(key) ?? sharedWork((work) => prepare(engine, spec, work));
    prepared.set(key, known);
    return known(options);
  };
}

async function prepare(engine: Engine, spec: SandboxSpec, work: Work): Promise<PreparedImage> {
  const found =
    spec.dockerfile === undefined && spec.image !== undefined
      ? await pullWhenMissing(engine, spec.image, work)
      : await buildWhenMissing(engine, spec.dockerfile ?? defaultDockerfile(), work);
  return { ...found, hasShell: await probeImage(engine, found, { user: spec.user ?? DEFAULT_USER, signal: work.signal }) };
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
