/** A sandbox backend over an engine that speaks the Docker API. */
import type { Duplex } from "node:stream";
import type { Container } from "dockerode";
import { AssayError, type Sandbox, type SandboxBackend, type SandboxSpec, type StartOptions } from "../../src/index.ts";
import { openChannel } from "./commands/channel/channel.ts";
import { removeSandbox, startContainer, type StartedContainer } from "./start/start-container.ts";
import { whenAnswering } from "./engine/engine-call.ts";
import { isContainerRunning } from "./engine/living.ts";
import { oneLine, type Engine } from "./engine/engine.ts";
import type { Commands, ExecTarget } from "./commands/commands.ts";
import { engineCommands } from "./commands/engine-commands.ts";
import { folderImages } from "./image/folder-images.ts";
import { imageFinder, imagePreparer, type PreparedImage } from "./image/image.ts";
import { plainCommands } from "./commands/no-shell-exec.ts";
import { requireGpus } from "./engine/gpus.ts";
import { allowListNetworks } from "./allow-list/networks.ts";
import { resolveByMachine, type Resolve } from "./allow-list/resolve.ts";
import { ownerLabels } from "./engine/owner.ts";
import { prune } from "./prune.ts";
import { containerSandbox } from "./sandbox.ts";
import { recordOf, specPreparer } from "./prepared-spec.ts";
import { startServices } from "./services/services.ts";
import { withServices } from "./services/with-services.ts";

export interface BackendOptions {
  /** How commands get into a container: over long-lived lanes, which is the default, or each by the engine's exec. */
  commandsBy?: "lanes" | "exec";
  /** How the names of an allow-list are resolved: as this machine does, which is the default, or otherwise. */
  resolve?: Resolve;
}

export function containerBackend(
  engine: Engine,
  { commandsBy = "lanes", resolve = resolveByMachine }: BackendOptions = {},
): SandboxBackend {
  const prepareImage = imagePreparer(engine);
  const prepareSpec = specPreparer(engine, { main: prepareImage, service: imageFinder(engine) });
  const images = folderImages(engine);
  const networks = allowListNetworks(engine, prepareImage, resolve);
  const living = new Set<Sandbox>();
  /** Removes what a start left that failed when the engine could not be reached. */
  const left = new Set<() => Promise<void>>();
  const startOne = async (asked: SandboxSpec, options: StartOptions): Promise<Sandbox> => {
    const { spec, image, services: wanted } = await prepareSpec(asked, { signal: options.signal, snapshot: options.snapshot });
    const labels = await ownerLabels(options.owner);
    const onLeft = (remove: () => Promise<void>): void => void left.add(remove);
    await using failed = new AsyncDisposableStack();
    const services = wanted && (await startServices(engine, { ...wanted, network: spec.network, labels, signal: options.signal, onLeft }));
    if (services) failed.defer(() => services.remove().catch(() => onLeft(() => services.remove())));
    const started = await startContainer(engine, spec, image, {
      ...options,
      labels,
      networks: services?.networks,
      folderImages: images,
      onLeft: (container) => onLeft(() => removeSandbox(engine, container)),
    });
    const { container, stream } = started;
    const target = execTarget(started);
    const beside: Container[] = [];
    const remove = (): Promise<void> => removeSandbox(engine, container, beside);
    failed.defer(() => remove().catch(() => onLeft(remove)));
    const onCreated = (forwarder: Container): void => void beside.push(forwarder);
    const network = failed.use(await networks.start(spec, started, { signal: options.signal, onCreated }));
    const commands = await openCommands(target, { image, stream, commandsBy });
    failed.move();
    const onRemoved = (): void => void living.delete(sandbox);
    const alone = containerSandbox({ engine, started, target, commands, network, spec, image, onRemoved });
    const sandbox = services ? withServices(alone, services, onLeft) : alone;
    living.add(sandbox);
    return sandbox;
  };
  const patient = patiently(engine, startOne);
  return {
    async prepare(spec, options) {
      await requireGpus(engine, spec);
      const prepared = await prepareSpec(spec, options);
      await networks.prepare(spec, options);
      const { image, digest } = prepared.image;
      return { image, digest, ...recordOf(prepared) };
    },
    // A snapshot's archive can be read once.
    start: (spec, options) => (options.snapshot ? startOne : patient)(spec, options),
    prune: () => prune(engine),
    async [Symbol.asyncDispose]() {
      const removals = [images, ...living].map((each) => each[Symbol.asyncDispose]());
      for (const remove of left) removals.push(remove());
      const failed = (await Promise.allSettled(removals)).filter((removal) => removal.status === "rejected");
      await engine.close();
      if (failed.length > 0) throw notRemoved(engine, failed.length, failed[0]?.reason);
    },
  };
}

/** The same, but waits for an engine that does not answer, and says so once. */
function patiently(engine: Engine, start: SandboxBackend["start"]): SandboxBackend["start"] {
  let waiting = 0;
  return async (spec, options) => {
    options.signal?.throwIfAborted();
    let isWaiting = false;
    try {
      return await whenAnswering(() => start(spec, options), {
        signal: options.signal,
        outageMs: engine.outage.startMs,
        onWait() {
          isWaiting = true;
          waiting += 1;
          if (waiting === 1) options.onProgress?.(`Waiting for ${engine.title} to answer at ${engine.address} …`);
        },
      });
    } finally {
      if (isWaiting) waiting -= 1;
    }
  };
}

function execTarget({ container, user, home }: StartedContainer): ExecTarget {
  const isRunning = (): Promise<boolean> => isContainerRunning(container);
  return { container, isRunning, oomKills: 0, hasCommandsBesideLanes: false, user, env: home === undefined ? {} : { HOME: home } };
}

interface CommandWays {
  commandsBy: NonNullable<BackendOptions["commandsBy"]>;
  image: PreparedImage;
  /** What the first lane is made of. */
  stream: Duplex | undefined;
}

async function openCommands(target: ExecTarget, { image, stream, commandsBy }: CommandWays): Promise<Commands> {
  if (!image.hasShell) return plainCommands(target);
  const byExec = engineCommands(target);
  return commandsBy === "exec" ? byExec : openChannel(target, stream, byExec.run);
}

function notRemoved({ title, address, host, pruneCommand }: Engine, count: number, reason: unknown): AssayError {
  const where = host === undefined ? title : `${title} at ${address}`;
  return new AssayError("sandbox/failed", `${where} could not remove ${count} sandboxes: ${oneLine(reason)}`, {
    hint: `To remove what was left: ${pruneCommand}`,
    cause: reason,
  });
}
