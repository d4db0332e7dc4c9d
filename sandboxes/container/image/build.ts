/** Builds the image of a Dockerfile, unless one of the same content is there. */
import { join } from "node:path";
import { AssayError } from "../../../src/index.ts";
import { findBuildContext, findRequestedContext, hashContext, packContext, type BuildContext, type BuildRequest } from "./context.ts";
import { oneLine, type Engine } from "../engine/engine.ts";
import { inspectImage, type FoundImage } from "./found-image.ts";
import { followProgress, progressEvents, type Progress } from "./progress.ts";
import type { Work } from "./shared-work.ts";

/** The image's tag is a hash of its context, so an image of that name is that content's. `source` may be a path: a Dockerfile, or a folder with one. */
export async function buildWhenMissing(engine: Engine, source: string | BuildRequest, work: Work): Promise<FoundImage> {
  const isPath = typeof source === "string";
  const path = isPath ? source : join(source.context, source.dockerfile);
  const context = isPath ? await findBuildContext(source) : await findRequestedContext(source);
  const hash = await hashContext(context, work.signal);
  const image = builtName(context, hash);
  const present = await inspectImage(engine, image);
  if (present) return present;
  const what = `building ${image}`;
  work.onProgress(what);
  const progress: Progress = { step: undefined, lastLines: [] };
  try {
    await build(engine, context, image, { ...work, what, progress });
  } catch (error) {
    work.signal.throwIfAborted();
    throw failure({ path, context, program: engine.differences.program }, progress, error);
  }
  const built = await inspectImage(engine, image);
  if (!built) throw new AssayError("sandbox/image", `Dockerfile "${path}" was built but its image is not there.`);
  if ((await hashContext(context, work.signal)) === hash) return built;
  // Its name would promise another content than it has.
  await engine.docker.getImage(image).remove({ force: true });
  throw new AssayError("sandbox/image", `The files beside Dockerfile "${path}" changed while it was built.`, { hint: "Run it again." });
}

/** What the image of a context is called. */
export function builtName({ name }: BuildContext, hash: string): string {
  return `assay/${name}:${hash.slice(0, 16)}`;
}

async function build(
  engine: Engine,
  context: BuildContext,
  image: string,
  { signal, onProgress, what, progress }: Work & { what: string; progress: Progress },
): Promise<void> {
  const files = packContext(context, signal);
  try {
    // Through a promise of its own, since a file that cannot be read must end the request.
    const unread = new Promise<never>((_, fail) => files.once("error", fail));
    const { dockerfile, args, target } = context;
    const options = {
      t: image,
      dockerfile,
      forcerm: true,
      abortSignal: signal,
      ...(args && { buildargs: args }),
      ...(target && { target }),
    };
    const answer = engine.docker.buildImage(files, options);
    const follow = async (): Promise<void> => followProgress(progressEvents(await answer), what, { progress, onProgress });
    await Promise.race([follow(), unread]);
  } finally {
    files.destroy();
  }
}

function failure(
  { path, context, program }: { path: string; context: BuildContext; program: string },
  { step, lastLines }: Progress,
  cause: unknown,
): AssayError {
  const reason = oneLine(cause);
  const at = step === undefined ? "" : `step ${step}: `;
  const printed = lastLines.length === 0 ? "" : ` It had printed: ${lastLines.join(" | ")}`;
  const needsBuildKit = /buildkit/i.test(reason);
  return new AssayError("sandbox/image", `Dockerfile "${path}" cannot be built: ${at}${reason.replace(/\.?$/, ".")}${printed}`, {
    hint: needsBuildKit
      ? `Build it with \`${program} build -t NAME FOLDER\` and name the result as \`image\`: Assay builds through the Engine's API, without BuildKit.`
      : `Try \`${program} build -f ${context.dockerfile} FOLDER\` to see the whole output.`,
    cause,
  });
}
