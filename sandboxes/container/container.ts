/** Creates a container with the limits of a spec, learns what was really applied, and removes it whatever happens. */
import { randomBytes } from "node:crypto";
import type { Container } from "dockerode";
import { pack } from "tar-stream";
import { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { AssayError, type SandboxSpec, type StartOptions } from "../../src/index.ts";
import { createOptions } from "./create-options.ts";
import { engineStatus, oneLine, type Engine } from "./engine.ts";
import type { PreparedImage } from "./image.ts";
import { ownerLabels } from "./owner.ts";
import { parseReport, type ContainerReport } from "./report.ts";
import { pause, stopAfter } from "./stop.ts";
import { demultiplexer } from "./stream.ts";

export interface StartedContainer {
  container: Container;
  user: string;
  home: string | undefined;
  report: ContainerReport;
  /** To the shell that the first process runs after its report. */
  stream: Duplex;
}

/** Of nobody in particular, and the same in every image. */
const DEFAULT_USER = "1000:1000";
const DEFAULT_HOME = "/home/agent";
const REPORT_TIMEOUT_MS = 30_000;
const REMOVAL_TIMEOUT_MS = 30_000;
const REMOVAL_LOOK_MS = 50;

/** Starts a container; when that fails or `signal` is aborted on the way, none is left. */
export async function startContainer(
  engine: Engine,
  spec: SandboxSpec,
  image: PreparedImage,
  options: StartOptions,
): Promise<StartedContainer> {
  options.signal?.throwIfAborted();
  const name = `assay-${randomBytes(8).toString("hex")}`;
  const container = engine.docker.getContainer(name);
  const user = spec.user ?? DEFAULT_USER;
  const home = spec.user === undefined ? DEFAULT_HOME : undefined;
  try {
    await engine.docker.createContainer(createOptions(name, spec, image, await ownerLabels(options.owner), user, home));
    options.signal?.throwIfAborted();
    const { report, stream } = await startAndListen(container);
    options.signal?.throwIfAborted();
    const folders = [...(report.isWorkdirWritable ? [] : [spec.workdir]), ...(home === undefined || report.isHomeWritable ? [] : [home])];
    if (folders.length > 0) await makeFolders(container, folders, report);
    options.signal?.throwIfAborted();
    return { container, user, home, report, stream };
  } catch (error) {
    await removeContainer(container);
    options.signal?.throwIfAborted();
    if (error instanceof AssayError) throw error;
    throw new AssayError("sandbox/failed", `${engine.title} could not start a sandbox from ${image.image}: ${oneLine(error)}`, {
      hint: "The image needs a POSIX shell (sh) and the spec's user; `docker run --rm -it IMAGE sh` shows more.",
      cause: error,
    });
  }
}

/** Kills and removes, and returns when it is gone; that it is gone already, or that somebody else removes it, is fine. */
export async function removeContainer(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    const status = engineStatus(error);
    if (status === 404) return;
    if (status !== 409) throw error;
    // Another process is removing it at this moment.
    await waitUntilGone(container, error);
  }
}

async function waitUntilGone(container: Container, conflict: unknown): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < REMOVAL_TIMEOUT_MS;) {
    try {
      await container.inspect();
    } catch (error) {
      if (engineStatus(error) === 404) return;
      throw error;
    }
    await pause(REMOVAL_LOOK_MS, []);
  }
  throw conflict;
}

/** The first process reports on its stdout as soon as it runs: no exec is needed to learn the limits. */
async function startAndListen(container: Container): Promise<{ report: ContainerReport; stream: Duplex }> {
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  if (!(stream instanceof Duplex)) throw new AssayError("internal/bug", "The engine's connection was not taken over.");
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

/** Through the archive API, since root without capabilities could not give a folder away. */
async function makeFolders(container: Container, folders: readonly string[], report: ContainerReport): Promise<void> {
  const archive = pack();
  for (const folder of folders) {
    archive.entry({ name: `${folder.slice(1)}/`, type: "directory", mode: 0o755, uid: report.uid, gid: report.gid });
  }
  archive.finalize();
  await container.putArchive(await buffer(archive), { path: "/" });
}
