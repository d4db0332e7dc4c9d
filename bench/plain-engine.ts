/** An engine by plain dockerode: what a benchmark of sandboxes has beside them. All containers carry a label of this process and go with it. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import Docker, { type Container } from "dockerode";
import { print } from "./report.ts";

const IMAGE = process.env["BENCH_IMAGE"] ?? "debian:bookworm-slim";
const LABEL = "assay.bench";

export interface PlainEngine extends AsyncDisposable {
  /** Of the sandbox backend that uses the same engine. */
  name: string;
  /** Environment variables that lead that backend to it. */
  variables: Record<string, string>;
  docker: Docker;
  /** The same on all sides. */
  image: string;
  version: string;
  /** A running container without a network. */
  start(): Promise<Container>;
  remove(container: Container): Promise<void>;
}

/** The variable that names an engine's address, and where it is without. */
const ENGINES = new Map([
  ["docker", { variable: "DOCKER_HOST", sockets: ["/var/run/docker.sock"] }],
  [
    "podman",
    {
      variable: "CONTAINER_HOST",
      sockets: [join(process.env["XDG_RUNTIME_DIR"] ?? "/run", "podman/podman.sock"), "/run/podman/podman.sock"],
    },
  ],
]);

/** The engines that BENCH_SANDBOXES names (default: docker); one that cannot be measured here is skipped with a message. */
export async function openEngines(signal: AbortSignal): Promise<PlainEngine[]> {
  const engines: PlainEngine[] = [];
  for (const name of (process.env["BENCH_SANDBOXES"] ?? "docker").split(",")) {
    const engine = await openEngine(name, signal).catch((error: unknown) => String(error instanceof Error ? error.message : error));
    if (typeof engine === "string") print(`skipped: ${name}. ${engine}`);
    else engines.push(engine);
  }
  return engines;
}

async function openEngine(name: string, signal: AbortSignal): Promise<PlainEngine> {
  const known = ENGINES.get(name);
  if (!known) throw new Error(`BENCH_SANDBOXES names it; there are ${[...ENGINES.keys()].join(" and ")}.`);
  const path = process.env[known.variable]?.replace(/^unix:\/\//, "") ?? known.sockets.find((socket) => existsSync(socket));
  if (path === undefined || !path.startsWith("/")) throw new Error(`It needs an engine at a unix socket: set ${known.variable}=unix:///…`);
  const docker = new Docker({ host: "", socketPath: path });
  const { Version: version } = await docker.version();
  // Podman names what was built or loaded there so.
  const images = await Promise.all([IMAGE, `localhost/${IMAGE}`].map((image) => isThere(docker, image)));
  const image = images.find((found) => found !== undefined);
  if (image === undefined) throw new Error(`It has no image ${IMAGE}: pull it, or name another one in BENCH_IMAGE.`);
  return { name, variables: { [known.variable]: `unix://${path}` }, docker, image, version, ...ownContainers(docker, image, signal) };
}

async function isThere(docker: Docker, image: string): Promise<string | undefined> {
  return docker
    .getImage(image)
    .inspect()
    .then(
      () => image,
      () => undefined,
    );
}

function ownContainers(
  docker: Docker,
  image: string,
  signal: AbortSignal,
): Pick<PlainEngine, "start" | "remove" | typeof Symbol.asyncDispose> {
  const owner = randomBytes(8).toString("hex");
  const starting = new Set<Promise<unknown>>();
  return {
    async start() {
      signal.throwIfAborted();
      const started = startContainer(docker, {
        Image: image,
        Cmd: ["sleep", "10000"],
        Labels: { [LABEL]: owner },
        HostConfig: { NetworkMode: "none" },
      });
      starting.add(started);
      return started.finally(() => starting.delete(started));
    },
    remove: (container) => container.remove({ force: true }),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(starting);
      const left = await docker.listContainers({ all: true, filters: { label: [`${LABEL}=${owner}`] } });
      await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
    },
  };
}

async function startContainer(docker: Docker, options: Docker.ContainerCreateOptions): Promise<Container> {
  const container = await docker.createContainer(options);
  await container.start();
  return container;
}

/** One command by the engine's exec, to its exit code. */
export async function execOnce(container: Container, argv: string[]): Promise<void> {
  const exec = await container.exec({ Cmd: argv, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  stream.on("end", resolve).on("error", reject).resume();
  await ended;
  const { ExitCode: code } = await exec.inspect();
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}`);
}

export interface BareShell extends Disposable {
  run(command: string): Promise<void>;
}

/** A shell at the end of one exec's stream: a command, then a mark, and nothing else. */
export async function openBareShell(container: Container): Promise<BareShell> {
  const exec = await container.exec({ Cmd: ["sh"], AttachStdin: true, AttachStdout: true, AttachStderr: true });
  const stream: Duplex = await exec.start({ hijack: true, stdin: true });
  const mark = randomBytes(8).toString("hex");
  let text = "";
  let done = () => {};
  let fail = (_error: Error) => {};
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (!text.includes(mark)) return;
    text = "";
    done();
  });
  for (const event of ["error", "end", "close"]) stream.on(event, () => fail(new Error("the shell ended")));
  return {
    run: (command) =>
      new Promise((resolve, reject) => {
        done = resolve;
        fail = reject;
        stream.write(`${command}; echo ${mark} $?\n`);
      }),
    [Symbol.dispose]: () => void stream.destroy(),
  };
}
