/** A spec with its compose file read and all its images there. */
import { AssayError, type SandboxSpec, type Snapshot } from "../../src/index.ts";
import type { Engine } from "./engine/engine.ts";
import type { FoundImage } from "./image/found-image.ts";
import type { ImageSource, PreparedImage } from "./image/image.ts";
import type { SharedWorkOptions } from "./image/shared-work.ts";
import { imageOfSnapshot } from "./snapshot/image-of-snapshot.ts";
import { holdsNoServices } from "./snapshot/snapshot-error.ts";
import { requireClosedNetworks } from "./services/closed-networks.ts";
import { readComposeFile, type ComposeFile } from "./services/compose/compose-file.ts";

export interface PreparedSpec {
  /** With what the compose file says of the agent's service. */
  spec: SandboxSpec;
  image: PreparedImage;
  services?: { compose: ComposeFile; images: ReadonlyMap<string, FoundImage> };
}

export interface PrepareSpecOptions extends SharedWorkOptions {
  /** The image is then the one that it is a change of, whatever the spec names. */
  snapshot?: Snapshot | undefined;
}

export interface ImageMakers {
  main: (source: ImageSource & Partial<Pick<SandboxSpec, "user">>, options?: SharedWorkOptions) => Promise<PreparedImage>;
  service: (source: ImageSource, options?: SharedWorkOptions) => Promise<FoundImage>;
}

/** Images are made at the same time, each once a backend. A compose file is read once: what is in it then holds for all trials. */
export function specPreparer(
  engine: Engine,
  makers: ImageMakers,
): (spec: SandboxSpec, options?: PrepareSpecOptions) => Promise<PreparedSpec> {
  const files = new Map<string, Promise<ComposeFile>>();
  const fileAt = (path: string): Promise<ComposeFile> => {
    const known = files.get(path) ?? readComposeFile(path);
    files.set(path, known);
    known.catch(() => files.delete(path));
    return known;
  };
  return async (spec, { snapshot, ...options } = {}) => {
    if (spec.compose === undefined) {
      const make = (own: ImageSource = {}): Promise<PreparedImage> => makers.main({ ...spec, ...own }, options);
      return { spec, image: await (snapshot ? imageOfSnapshot(snapshot, make) : make()) };
    }
    if (snapshot) throw holdsNoServices();
    const named = spec.image === undefined ? "dockerfile" : "image";
    if (spec[named] !== undefined) {
      throw new AssayError("config/invalid", `The task's sandbox names both ${named} and compose.`, {
        hint: `Remove sandbox.${named}: the service main or default of the compose file says what image the agent gets.`,
      });
    }
    const compose = await fileAt(spec.compose);
    requireClosedNetworks(engine, compose, spec.network);
    const { main, services } = compose;
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const shared = { ...options, signal };
    try {
      const [image, ...found] = await Promise.all([
        makers.main({ ...sourceOf(main), ...(spec.user !== undefined && { user: spec.user }) }, shared),
        ...services.map((service) => makers.service(sourceOf(service), shared)),
      ]);
      const images = new Map(
        services
          .map(({ name }, position) => [name, found[position]] as const)
          .flatMap(([name, image]) => (image ? [[name, image] as const] : [])),
      );
      return { spec: { ...spec, env: { ...main.environment, ...spec.env } }, image, services: { compose, images } };
    } catch (error) {
      // The other builds are of no use.
      stop.abort(error);
      throw error;
    }
  };
}

function sourceOf({ image, build }: Pick<ComposeFile["main"], "image" | "build">): ImageSource {
  return { ...(image !== undefined && { image }), ...(build && { build }) };
}

/** What goes into the record beside the agent's image. */
export function recordOf({ services }: PreparedSpec): Record<string, string> {
  if (!services) return {};
  const digests = [...services.images].map(([name, { digest }]) => [`service.${name}`, digest] as const);
  return { compose: services.compose.sha256, ...Object.fromEntries(digests) };
}
