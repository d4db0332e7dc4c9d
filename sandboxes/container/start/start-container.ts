/** Creates a container with the limits of a spec, learns what was really applied, and removes it whatever happens. */
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import type { Duplex } from "node:stream";
import { AssayError, type SandboxSpec, type StartOptions } from "../../../src/index.ts";
import { createOptions } from "./create-options.ts";
import { diskLimitFor } from "./disk-limit.ts";
import { isUnreachable, whenAnswering } from "../engine/engine-call.ts";
import { attachToContainer, engineStatus, oneLine, type Engine } from "../engine/engine.ts";
import { DEFAULT_HOME, DEFAULT_USER } from "./default-user.ts";
import { fillMounts, makeFolders } from "./folders.ts";
import type { FolderImages } from "../image/folder-images.ts";
import type { PreparedImage } from "../image/image.ts";
import { ownMounts, type DiskLimit, type OwnMount } from "./mounts.ts";
import { parseReport, type ContainerReport } from "./parse-report.ts";
import { removeContainer } from "../engine/remove-container.ts";
import type { ServiceNetworks } from "../services/services.ts";
import { startPlain } from "./no-shell-start.ts";
import { applySnapshot } from "../snapshot/apply-snapshot.ts";
import { stopAfter } from "../stop.ts";
import { demultiplexer } from "../commands/stream.ts";
import { removeVerifierVolumes } from "../grading/verifier-volume.ts";

export interface StartedContainer {
  container: Container;
  user: string;
  home: string | undefined;
  report: ContainerReport;
  /** Whose it is; everything that is made for it later carries the same. */
  labels: Record<string, string>;
  /** To the shell that the first process runs after its report, where the image has one. */
  stream: Duplex | undefined;
  /** How its disk space is limited, if it is. */
  disk: DiskLimit | undefined;
  /** The folders that are not its image's. */
  mounts: readonly OwnMount[];
  /** Those of its services, where it has some. */
  networks: ServiceNetworks | undefined;
}

const SETTING_HINT = "The engine refuses a setting of the task's `sandbox` on this machine: change it, or set it by -o sandbox.…";
const REPORT_TIMEOUT_MS = 30_000;

export interface ContainerStartOptions extends StartOptions {
  /** The owner's. */
  labels: Record<string, string>;
  /** Those of its services, where it has some. */
  networks: ServiceNetworks | undefined;
  folderImages: FolderImages;
  onLeft: (container: Container) => void;
}

/** Starts a container; when that fails or `signal` is aborted on the way, none is left but one that `onLeft` is told: the engine was not there to remove it. */
export async function startContainer(
  engine: Engine,
  spec: SandboxSpec,
  image: PreparedImage,
  options: ContainerStartOptions,
): Promise<StartedContainer> {
  options.signal?.throwIfAborted();
  const name = `assay-${randomBytes(8).toString("hex")}`;
  const container = engine.docker.getContainer(name);
  const user = spec.user ?? DEFAULT_USER;
  // Another user has a home folder in the image, unless nothing can be written there.
  const home = spec.user === undefined || spec.readOnlyRoot ? DEFAULT_HOME : undefined;
  const { labels, networks } = options;
  const folderKey = JSON.stringify([image.id, spec.workdir, home, user]);
  try {
    const disk = await diskLimitFor(engine, spec, image.id);
    const mounts = ownMounts(spec, home, disk);
    const create = async (id: string): Promise<void> => {
      const asked = createOptions({ name, spec, image: { ...image, id }, labels, user, home, disk, networks });
      await engine.docker.createContainer(await engine.differences.adapt(asked)).catch((error: unknown) => {
        throw engineStatus(error) === 400 ? cannotStart(engine, image, error, SETTING_HINT) : error;
      });
    };
    const withFolders = options.folderImages.imageFor(folderKey);
    await create(withFolders ?? image.id).catch((error: unknown) => {
      if (withFolders === undefined || engineStatus(error) !== 404) throw error;
      options.folderImages.noteGone(folderKey);
      return create(image.id);
    });
    await networks?.connect(name);
    options.signal?.throwIfAborted();
    const { report, stream } = image.hasShell ? await startAndListen(engine.docker, container) : await startPlain(container, spec, image);
    options.signal?.throwIfAborted();
    const folders = [...(report.isWorkdirWritable ? [] : [spec.workdir]), ...(home === undefined || report.isHomeWritable ? [] : [home])];
    const { uid, gid } = report;
    const request = { engine, container, imageId: image.id, labels, isRootReadOnly: spec.readOnlyRoot, uid, gid };
    await fillMounts(request, mounts);
    await makeFolders(request, folders);
    // What is mounted there would hide the image's own; and that image's command is not the first process's.
    if (
      image.hasShell &&
      folders.length > 0 &&
      !folders.some((folder) => mounts.some(({ path }) => folder === path || folder.startsWith(`${path}/`)))
    )
      options.folderImages.noteMissing(folderKey, image.id, { folders, uid, gid });
    options.signal?.throwIfAborted();
    if (options.snapshot?.kind === "archive") await applySnapshot({ ...request, hasShell: image.hasShell }, options.snapshot);
    options.signal?.throwIfAborted();
    return { container, user, home, report, labels, stream, disk, mounts, networks };
  } catch (error) {
    if (isUnreachable(error)) options.onLeft(container);
    else await removeSandbox(engine, container).catch(() => options.onLeft(container));
    options.signal?.throwIfAborted();
    if (error instanceof AssayError) throw error;
    const { program } = engine.differences;
    const hint = `The image needs a POSIX shell (sh) and the spec's user; \`${program} run --rm -it IMAGE sh\` shows more.`;
    throw cannotStart(engine, image, error, hint);
  }
}

/** `hint` is for what an engine's own differences do not explain. */
function cannotStart({ title, differences }: Engine, { image }: PreparedImage, cause: unknown, hint: string): AssayError {
  const reason = oneLine(cause);
  return new AssayError("sandbox/failed", `${title} could not start a sandbox from ${image}: ${reason}`, {
    hint: differences.startHint(reason) ?? hint,
    cause,
  });
}

/** Removes a sandbox's container and those `beside` it that use its volumes, then these. Waits a while for an engine that is not there; `prune` finds what is left. */
export async function removeSandbox({ docker, outage }: Engine, container: Container, beside: Iterable<Container> = []): Promise<void> {
  const remove = async (): Promise<void> => {
    for (const other of beside) await removeContainer(other);
    await removeContainer(container);
    await removeVerifierVolumes(docker, container.id);
  };
  await whenAnswering(remove, { outageMs: outage.removalMs });
}

/** The first process reports on its stdout as soon as it runs: no exec is needed to learn the limits. */
async function startAndListen(docker: Docker, container: Container): Promise<{ report: ContainerReport; stream: Duplex }> {
  const stream = await attachToContainer(docker, container.id, { stdin: true });
  const { promise: said, resolve } = Promise.withResolvers<string>();
  let text = "";
  const feed = demultiplexer((_stream, bytes) => {
    text += Buffer.from(bytes).toString("latin1");
    if (text.endsWith("ready\n")) resolve(text);
  });
  const giveUp = (): void => resolve(text);
  stream.on("data", feed);
  for (const event of ["error", "close"]) stream.on(event, giveUp);
  using stop = stopAfter(REPORT_TIMEOUT_MS, []);
  stop.signal.addEventListener("abort", giveUp, { once: true });
  try {
    await container.start();
    const report = parseReport(await said);
    stream.pause();
    stream.off("data", feed);
    return { report, stream };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}
