/** One service of a trial: a container that runs its image's own command, with what it prints read from its first byte on. */
import type { Container, ContainerCreateOptions } from "dockerode";
import { sandboxSpecSchema } from "../../../src/index.ts";
import { demultiplexer } from "../commands/stream.ts";
import { attachToContainer, type Engine } from "../engine/engine.ts";
import type { FoundImage } from "../image/found-image.ts";
import type { ComposeService } from "./compose/compose-file.ts";
import { DROPPED_AMONG_SERVICES } from "./trial-networks.ts";
import { logTail, type LogTail } from "./log-tail.ts";

/** Of both streams of a service together. */
const LOG_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

export interface ServiceContainer {
  service: ComposeService;
  container: Container;
  digest: string;
  startMs: number;
  startedAt: number;
  log: LogTail;
}

export interface ServiceRequest {
  service: ComposeService;
  image: FoundImage;
  /** Of the container. */
  name: string;
  labels: Record<string, string>;
  network: ContainerCreateOptions;
  /** Called with the container when it is there and not started. */
  onCreated: (container: Container) => Promise<void>;
}

export async function startServiceContainer(engine: Engine, request: ServiceRequest): Promise<ServiceContainer> {
  const { service, image, name, onCreated } = request;
  const { docker, differences } = engine;
  const begunAt = performance.now();
  await docker.createContainer(await differences.adapt(createOptions(request)));
  const container = docker.getContainer(name);
  await onCreated(container);
  const log = logTail(LOG_BYTES);
  const stream = await attachToContainer(docker, name, { stdin: false });
  stream.on(
    "data",
    demultiplexer((from, bytes) => log.add(from, bytes)),
  );
  // What comes to an end with the container, or with the engine, has no more to say.
  stream.on("error", () => stream.destroy());
  await container.start();
  const startedAt = performance.now();
  return { service, container, digest: image.digest, startMs: startedAt - begunAt, startedAt, log };
}

function createOptions({ service, image, name, labels, network }: ServiceRequest): ContainerCreateOptions {
  return {
    name,
    Image: image.id,
    Hostname: service.name,
    Env: Object.entries(service.environment).map(([key, value]) => `${key}=${value}`),
    // As in compose: another entrypoint does not get the image's own command.
    ...(service.entrypoint && { Entrypoint: service.entrypoint, Cmd: [] }),
    ...(service.command && { Cmd: service.command }),
    Labels: { ...labels, "assay.service": service.name },
    StopSignal: "SIGKILL",
    AttachStdout: true,
    AttachStderr: true,
    // The same test with every engine: see healthy.ts.
    Healthcheck: { Test: ["NONE"] },
    ...network,
    HostConfig: { ...limits(), ...network.HostConfig },
  };
}

/** What a spec that says nothing gets. Rights are the engine's usual ones, without which no server's image can change its user. */
function limits(): NonNullable<ContainerCreateOptions["HostConfig"]> {
  const { cpus, memoryMiB, pids } = sandboxSpecSchema.parse({});
  return {
    NanoCpus: cpus * 1e9,
    Memory: memoryMiB * MIB,
    MemorySwap: memoryMiB * MIB,
    PidsLimit: pids,
    Ulimits: [{ Name: "core", Soft: 0, Hard: 0 }],
    CapDrop: DROPPED_AMONG_SERVICES,
    SecurityOpt: ["no-new-privileges"],
    IpcMode: "private",
    LogConfig: { Type: "none", Config: {} },
  };
}

export interface ServiceState {
  /** Null while it runs. */
  exitCode: number | null;
  oomKilled: boolean;
}

export async function serviceState({ container }: Pick<ServiceContainer, "container">): Promise<ServiceState> {
  const { State } = await container.inspect();
  return { exitCode: State.Running ? null : State.ExitCode, oomKilled: State.OOMKilled };
}
