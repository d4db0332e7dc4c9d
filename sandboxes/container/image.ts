/** Finds, pulls or builds the image of a spec, once however many trials ask at the same time. */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { z } from "zod";
import { AssayError, type SandboxSpec } from "../../src/index.ts";
import { defaultDockerfile, readBuildContext } from "./context.ts";
import { engineStatus, oneLine, type Engine } from "./engine.ts";

export interface PreparedImage {
  /** As the spec or the build names it. */
  image: string;
  /** What containers are made from: nobody can move it under a run. */
  id: string;
  /** The registry's digest where there is one, else the id. */
  digest: string;
}

export interface PrepareOptions {
  signal?: AbortSignal;
  onProgress?: (line: string) => void;
}

/** Returns a function that prepares the image of a spec; callers of the same image share the work. */
export function imagePreparer(engine: Engine): (spec: SandboxSpec, options?: PrepareOptions) => Promise<PreparedImage> {
  const prepared = new Map<string, Promise<PreparedImage>>();
  return (spec, options = {}) => {
    const key = JSON.stringify([spec.dockerfile, spec.image]);
    const known = prepared.get(key);
    if (known) return known;
    const work =
      spec.dockerfile === undefined && spec.image !== undefined
        ? pullWhenMissing(engine, spec.image, options)
        : buildWhenMissing(engine, spec.dockerfile ?? defaultDockerfile(), options);
    prepared.set(key, work);
    // A failure is not kept: the next caller tries again.
    work.catch(() => prepared.delete(key));
    return work;
  };
}

async function inspectImage(engine: Engine, image: string): Promise<PreparedImage | undefined> {
  try {
    const found = await engine.docker.getImage(image).inspect();
    return { image, id: found.Id, digest: found.RepoDigests?.[0] ?? found.Id };
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw new AssayError("sandbox/image", `The Docker Engine cannot look at image "${image}": ${oneLine(error)}`, { cause: error });
  }
}

async function pullWhenMissing(engine: Engine, image: string, options: PrepareOptions): Promise<PreparedImage> {
  const present = await inspectImage(engine, image);
  if (present) return present;
  // Without a tag the Engine would pull every tag there is.
  const reference = /[:@][^/]+$/.test(image) ? image : `${image}:latest`;
  try {
    const progress = await engine.docker.pull(reference, options.signal ? { abortSignal: options.signal } : {});
    await followProgress(progress, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new AssayError("sandbox/image", `Image "${image}" is not here and cannot be pulled: ${oneLine(error)}`, {
      hint: `Check the name, try \`docker pull ${image}\`, or run with --sandbox embedded.`,
      cause: error,
    });
  }
  const pulled = await inspectImage(engine, image);
  if (pulled) return pulled;
  throw new AssayError("sandbox/image", `Image "${image}" was pulled but is not there.`, { hint: "Check the name." });
}

async function buildWhenMissing(engine: Engine, dockerfile: string, options: PrepareOptions): Promise<PreparedImage> {
  const context = await readBuildContext(dockerfile);
  const hash = createHash("sha256").update(context.dockerfile).update("\0").update(context.tar).digest("hex");
  const image = `assay/${context.name}:${hash.slice(0, 16)}`;
  const present = await inspectImage(engine, image);
  if (present) return present;
  options.onProgress?.(`building ${image}`);
  try {
    const progress = await engine.docker.buildImage(Readable.from([context.tar]), {
      t: image,
      dockerfile: context.dockerfile,
      forcerm: true,
      ...(options.signal && { abortSignal: options.signal }),
    });
    await followProgress(progress, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new AssayError("sandbox/image", `Dockerfile "${dockerfile}" cannot be built: ${oneLine(error)}`, {
      hint: `Try \`docker build -f ${context.dockerfile} FOLDER\` to see the whole output.`,
      cause: error,
    });
  }
  const built = await inspectImage(engine, image);
  if (built) return built;
  throw new AssayError("sandbox/image", `Dockerfile "${dockerfile}" was built but its image is not there.`);
}

const progressSchema = z.object({
  stream: z.string().nullish(),
  status: z.string().nullish(),
  id: z.string().nullish(),
  error: z.string().nullish(),
});

/** Reads the Engine's lines of JSON to the end; the last one may be the failure. */
async function followProgress(progress: NodeJS.ReadableStream, { onProgress }: PrepareOptions): Promise<void> {
  for await (const line of createInterface({ input: progress })) {
    if (line === "") continue;
    const event = progressSchema.parse(JSON.parse(line));
    if (event.error) throw new Error(event.error);
    const said = (event.stream ?? [event.id, event.status].filter(Boolean).join(" ")).trim();
    if (said !== "") onProgress?.(said);
  }
}
