/** The services of one trial: their networks, their start in order, what they printed, and their end. */
import { randomBytes } from "node:crypto";
import type { Container, ContainerCreateOptions } from "dockerode";
import { AssayError, type SandboxService, type SandboxSpec } from "../../../src/index.ts";
import { whenAnswering } from "../engine/engine-call.ts";
import { oneLine, type Engine } from "../engine/engine.ts";
import { removeContainer } from "../engine/remove-container.ts";
import type { FoundImage } from "../image/found-image.ts";
import { isClosed } from "./closed-networks.ts";
import type { ComposeFile, ComposeService } from "./compose/compose-file.ts";
import { serviceFailed, waitUntilHealthy } from "./healthy.ts";
import { connectToOthers, makeNetwork, networkOptions, removeNetwork, type Member, type TrialNetwork } from "./trial-networks.ts";
import { serviceState, startServiceContainer, type ServiceContainer } from "./service-container.ts";

/** What the agent's container needs to be among its services. */
export interface ServiceNetworks {
  /** In the spec's words, but that it may lead to the services. */
  applied: "services" | "bridge";
  options: ContainerCreateOptions;
  /** Called with its name when it is created and not started. */
  connect(container: string): Promise<void>;
}

export interface Services {
  networks: ServiceNetworks;
  reports(): Promise<SandboxService[]>;
  /** Whether none has failed. */
  areAlive(): Promise<boolean>;
  /** Once the agent's container is gone. May be called again where it failed. */
  remove(): Promise<void>;
}

export interface ServicesRequest {
  compose: ComposeFile;
  /** By service. */
  images: ReadonlyMap<string, FoundImage>;
  network: SandboxSpec["network"];
  labels: Record<string, string>;
  signal: AbortSignal | undefined;
  /** Told how to remove what is left, where a failed start could not. */
  onLeft: (remove: () => Promise<void>) => void;
}

/** A stopped run does not wait for long; `prune` finds what is left. */
const REMOVAL_OUTAGE_MS = 15_000;

/** Starts all services and waits until those with a test are healthy. When it fails, nothing is left. */
export async function startServices(engine: Engine, request: ServicesRequest): Promise<Services> {
  const { compose, network, labels, signal, onLeft } = request;
  const key = `assay-${randomBytes(8).toString("hex")}`;
  const containers = compose.services.map(({ name }) => engine.docker.getContainer(`${key}-${name}`));
  const titles = compose.networks.map(({ name }) => `${key}-${name}`);
  const remove = (): Promise<void> => whenAnswering(() => removeAll(engine, containers, titles), { outageMs: REMOVAL_OUTAGE_MS });
  try {
    const making = compose.networks.map((one) =>
      makeNetwork(engine, { name: one.name, title: `${key}-${one.name}`, isClosed: isClosed(one, network), labels }),
    );
    const networks = await allOf(making);
    signal?.throwIfAborted();
    const members = [compose.main, ...compose.services];
    const running = await startInOrder(engine, request, { key, networks, members });
    return {
      networks: networksOf(engine, compose.main, members, networks),
      reports: () => Promise.all(running.map(reportOf)),
      areAlive: async () =>
        (await Promise.all(running.map(({ container }) => serviceState({ container })))).every(({ exitCode }) => !exitCode),
      remove,
    };
  } catch (error) {
    await remove().catch(() => onLeft(remove));
    signal?.throwIfAborted();
    throw error;
  }
}

interface Healthy extends ServiceContainer {
  healthyMs: number | null;
}

interface Place {
  key: string;
  networks: readonly TrialNetwork[];
  members: readonly Member[];
}

/** Each starts as soon as those that it waits for are as it wants them. */
async function startInOrder(engine: Engine, request: ServicesRequest, { key, networks, members }: Place): Promise<Healthy[]> {
  const { compose, images, labels, signal } = request;
  const failing = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const begun = new Map<string, { started: Promise<ServiceContainer>; healthy: Promise<Healthy> }>();
  const startOne = async (service: ComposeService): Promise<ServiceContainer> => {
    for (const [name, condition] of Object.entries(service.dependsOn)) {
      const other = begin(name);
      await (condition === "service_healthy" ? other?.healthy : other?.started);
    }
    stopped.throwIfAborted();
    const image = images.get(service.name);
    if (!image) throw new AssayError("internal/bug", `No image was prepared for service ${service.name}.`);
    const name = `${key}-${service.name}`;
    const started = startServiceContainer(engine, {
      service,
      image,
      name,
      labels,
      network: networkOptions(service, members, networks),
      onCreated: () => connectToOthers(engine, name, { member: service, members, networks }),
    });
    return started.catch((error: unknown) => {
      throw cannotStart(engine, service, error);
    });
  };
  const becomeHealthy = async (started: Promise<ServiceContainer>): Promise<Healthy> => {
    const running = await started;
    const { healthcheck } = running.service;
    return { ...running, healthyMs: healthcheck ? await waitUntilHealthy(running, healthcheck, stopped) : null };
  };
  const begin = (name: string) => {
    const known = begun.get(name);
    const service = compose.services.find((candidate) => candidate.name === name);
    if (known || !service) return known;
    const started = startOne(service);
    const entry = { started, healthy: becomeHealthy(started) };
    begun.set(name, entry);
    entry.healthy.catch((error: unknown) => failing.abort(error));
    return entry;
  };
  const all = await allOf(compose.services.flatMap(({ name }) => begin(name)?.healthy ?? []));
  for (const running of all) {
    const { exitCode } = await serviceState(running);
    if (exitCode) throw serviceFailed(running, `ended with exit code ${exitCode} before the trial began.`);
  }
  return all;
}

/** All of them, or the first failure, once none is under way any more: what is being made could not be removed. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const all = Promise.all(promises);
  // The failure of `all` itself is waited for, too: nobody else hears of it before the last one is done.
  await Promise.allSettled([all, ...promises]);
  return all;
}

function networksOf(
  engine: Engine,
  member: ComposeService,
  members: readonly Member[],
  networks: readonly TrialNetwork[],
): ServiceNetworks {
  const isOpen = networks.some(({ name, isClosed }) => member.networks.includes(name) && !isClosed);
  return {
    applied: isOpen ? "bridge" : "services",
    options: networkOptions(member, members, networks),
    connect: (container) => connectToOthers(engine, container, { member, members, networks }),
  };
}

async function reportOf(running: Healthy): Promise<SandboxService> {
  const { service, digest, startMs, healthyMs, log } = running;
  return { name: service.name, digest, startMs, healthyMs, ...(await serviceState(running)), ...log.read() };
}

async function removeAll(engine: Engine, containers: readonly Container[], networks: readonly string[]): Promise<void> {
  await Promise.all(containers.map((container) => removeContainer(container)));
  await Promise.all(networks.map((title) => removeNetwork(engine, title)));
}

function cannotStart({ title, differences }: Engine, { name }: ComposeService, cause: unknown): AssayError {
  if (cause instanceof AssayError) return cause;
  const reason = oneLine(cause);
  return new AssayError("sandbox/failed", `${title} could not start service ${name}: ${reason}`, {
    hint: differences.startHint(reason) ?? "Correct the service's image, command or entrypoint in the compose file.",
    cause,
  });
}
