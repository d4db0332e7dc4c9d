/**
 * The network of a sandbox that may reach the hosts of an allow-list and nothing else.
 *
 * The sandbox itself has no network. A second container shares its network namespace, listens there on the loopback and carries
 * each connection over its stdin and stdout to this process, where it is judged and made. So that container needs no network either,
 * no rights and no trust.
 */
import { readFile } from "node:fs/promises";
import type { Container } from "dockerode";
import { AssayError, type SandboxConnection } from "../../../src/index.ts";
import { demultiplexer } from "../commands/stream.ts";
import { attachToContainer, oneLine, type Engine } from "../engine/engine.ts";
import { stopAfter } from "../stop.ts";
import { WINDOW_BYTES, type ForwardedConnection } from "./connection.ts";
import { networkFilter } from "./filter.ts";
import { forwarderOptions } from "./forwarder-options.ts";
import { listenersOf, type Listener } from "./listeners.ts";
import { MAX_CONNECTIONS, openLink, type Link } from "./link.ts";
import { proxyServer } from "./proxy.ts";
import { relay } from "./relay.ts";
import type { Resolve } from "./resolve.ts";
import { allowedHosts } from "./rules.ts";

const LISTENING_MS = 30_000;
const MAX_COMPLAINT_CHARACTERS = 500;

export interface NetworkRequest {
  engine: Engine;
  /** Of the sandbox, which runs. */
  container: Container;
  imageId: string;
  labels: Record<string, string>;
  allow: readonly string[];
  resolve: Resolve;
  signal: AbortSignal | undefined;
}

/** Disposing of it ends all connections and leaves the forwarder's container alone: it goes with the sandbox. */
export interface AllowListNetwork extends Disposable {
  forwarder: Container;
  onConnection: (listener: (connection: SandboxConnection) => void) => void;
  /** Throws `sandbox/failed` where it has broken. */
  check(): void;
}

/** Starts the forwarder; where that fails, its container is left for whoever removes the sandbox. */
export async function openNetwork(request: NetworkRequest, onCreated: (forwarder: Container) => void): Promise<AllowListNetwork> {
  const { engine, container, imageId, labels, allow, resolve, signal } = request;
  const listeners = listenersOf(allow);
  const program = await readFile(new URL("forwarder.pl", import.meta.url), "utf8");
  const command = [program, String(MAX_CONNECTIONS), String(WINDOW_BYTES), ...listeners.map(({ address }) => address)];
  const options = forwarderOptions({ sandbox: container.id, imageId, labels, command });
  await engine.docker.createContainer(await engine.differences.adapt(options));
  const forwarder = engine.docker.getContainer(options.name);
  onCreated(forwarder);
  const listening: { tell?: (connection: SandboxConnection) => void; lost?: string } = {};
  const filter = networkFilter({ hosts: allowedHosts(allow), resolve, tell: (connection) => listening.tell?.(connection) });
  const proxy = proxyServer(filter);
  const serve = async (connection: ForwardedConnection, { target }: Listener): Promise<void> => {
    if (!target) return void proxy.emit("connection", connection);
    const passage = await filter.open(target, "direct", connection);
    if (passage.outcome === "allowed") relay(connection, passage);
    else connection.destroy();
  };
  const link = await startForwarder(engine, forwarder, {
    signal,
    onConnection(connection, number) {
      connection.on("error", () => connection.destroy());
      const listener = listeners[number];
      if (listener) serve(connection, listener).catch(() => connection.destroy());
      else connection.destroy();
    },
    onLost: (reason) => (listening.lost = reason),
  });
  return {
    forwarder,
    onConnection: (listener) => void (listening.tell = listener),
    check() {
      if (listening.lost !== undefined) throw broken(engine, listening.lost);
    },
    [Symbol.dispose]: () => link.close(),
  };
}

interface ForwarderStart {
  signal: AbortSignal | undefined;
  onConnection: (connection: ForwardedConnection, listener: number) => void;
  onLost: (reason: string) => void;
}

/** Resolves once it listens. */
async function startForwarder(engine: Engine, forwarder: Container, { signal, onConnection, onLost }: ForwarderStart): Promise<Link> {
  const stream = await attachToContainer(engine.docker, forwarder.id, { stdin: true });
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
  // It may break while its start is still under way.
  begun.catch(() => undefined);
  let complaint = "";
  const fail = (reason: string): void => {
    reject(broken(engine, complaint.trim() === "" ? reason : complaint));
    onLost(reason);
  };
  const link = openLink(stream, { onListening: resolve, onConnection, onLost: fail });
  stream.on(
    "data",
    demultiplexer((name, bytes) => {
      if (name === "stdout") link.receive(bytes);
      else if (complaint.length < MAX_COMPLAINT_CHARACTERS) complaint += bytes.toString("latin1");
    }),
  );
  using stop = stopAfter(LISTENING_MS, [signal]);
  stop.signal.addEventListener("abort", () => fail(`it does not listen after ${LISTENING_MS / 1000} s`), { once: true });
  try {
    signal?.throwIfAborted();
    await forwarder.start();
    await begun;
    return link;
  } catch (error) {
    link.close();
    signal?.throwIfAborted();
    throw error;
  }
}

function broken({ title }: Engine, reason: string): AssayError {
  return new AssayError("sandbox/failed", `The forwarder of a sandbox's allow-list broke (${title}): ${oneLine(reason)}.`);
}
