/** Makes the connections that an allow-list allows, and tells of each that was asked for. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AllowedHost, SandboxConnection } from "../../../src/index.ts";
import { stopAfter } from "../stop.ts";
import { placesFor, type Places } from "./places.ts";
import { lookUpsBy, type Resolve } from "./resolve.ts";
import { judge, type Reason, type Target } from "./rules.ts";

const CONNECT_MS = 10_000;
/** Connections of a sandbox that are made or being made; who wants a further one waits. */
const MAX_PASSAGES = 256;
/** When the sandbox's side is closed, a host that takes nothing for so long does not get the last bytes. */
const LINGER_MS = 10_000;

type Way = SandboxConnection["via"];

export interface Refused {
  outcome: "refused" | "failed";
  /** For whoever asked, in the sandbox. */
  message: string;
}

/** A connection that was made; it ends after that of whoever asked, and is told of then. */
export interface Passage {
  outcome: "allowed";
  /** In its one spelling. */
  host: string;
  socket: Socket;
  /** Ends it for what came over it. */
  refuse(reason: Reason): void;
}

export interface Filter {
  /** Gives up when `asker` closes, whose connection it is for. */
  open(target: Target, via: Way, asker: Duplex): Promise<Passage | Refused>;
  /** What was asked for is no host and port. */
  refuseMalformed(via: Way): Refused;
}

const WORDS: Record<Reason, string> = {
  malformed: "is no request that this proxy takes",
  "not-in-list": "is not in this sandbox's allow-list",
  port: "is in this sandbox's allow-list with other ports",
  address: "leads to an address that is not public, which this sandbox's allow-list does not name",
  "tls-name": "was asked for by another name in TLS",
  unresolved: "cannot be resolved",
  unreachable: "does not answer",
};

export interface FilterParts {
  hosts: readonly AllowedHost[];
  resolve: Resolve;
  tell: (connection: SandboxConnection) => void;
}

/** The filter of one sandbox. */
export function networkFilter({ hosts, resolve, tell }: FilterParts): Filter {
  const lookUp = lookUpsBy(resolve);
  const places = placesFor(MAX_PASSAGES);
  const refused = (told: Pick<SandboxConnection, "via" | "host" | "port" | "durationMs">, reason: Reason): Refused => {
    const outcome = reason === "unresolved" || reason === "unreachable" ? "failed" : "refused";
    tell({ ...told, outcome, reason, bytesUp: 0, bytesDown: 0 });
    const what = told.host === null ? "What was asked for" : `${told.host}:${told.port}`;
    return { outcome, message: `${what} ${WORDS[reason]}.` };
  };
  return {
    async open(target, via, asker) {
      const askedAt = performance.now();
      const lasted = (): number => Math.round((performance.now() - askedAt) * 10) / 10;
      const signal = closing(asker);
      const verdict = await judge(hosts, target, (name) => lookUp(name, signal));
      const told = { via, host: verdict.host, port: target.port };
      if ("reason" in verdict) return refused({ ...told, durationMs: lasted() }, verdict.reason);
      const socket = await connectTo(verdict.addresses, target.port, { places, signal });
      if (!socket) return refused({ ...told, durationMs: lasted() }, "unreachable");
      let endedFor: Reason | undefined;
      socket.once("close", () => {
        const bytes = { bytesUp: socket.bytesWritten, bytesDown: socket.bytesRead };
        tell({
          ...told,
          ...(endedFor ? { outcome: "refused", reason: endedFor } : { outcome: "allowed" }),
          ...bytes,
          durationMs: lasted(),
        });
      });
      const refuse = (reason: Reason): void => {
        endedFor = reason;
        socket.destroy();
      };
      return { outcome: "allowed", host: verdict.host, socket, refuse };
    },
    refuseMalformed: (via) => refused({ via, host: null, port: null, durationMs: 0 }, "malformed"),
  };
}

/** Aborted when the stream closes. */
function closing(stream: Duplex): AbortSignal {
  const controller = new AbortController();
  stream.once("close", () => controller.abort());
  if (stream.closed) controller.abort();
  return controller.signal;
}

/** Holds a place as long as the connection is there. */
async function connectTo(addresses: readonly string[], port: number, { places, signal }: { places: Places; signal: AbortSignal }) {
  const giveBack = await places.take(signal).catch(() => undefined);
  if (!giveBack) return undefined;
  const socket = await firstToAnswer(addresses, port, signal);
  if (!socket) {
    giveBack();
    return undefined;
  }
  socket.once("close", giveBack);
  signal.addEventListener("abort", () => endSoon(socket), { once: true });
  if (signal.aborted) endSoon(socket);
  return socket;
}

/** What was written is still sent, to a host that takes it. */
function endSoon(socket: Socket): void {
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.destroySoon();
}

/** Connects to the addresses themselves, one after another. */
async function firstToAnswer(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket | undefined> {
  for (const host of addresses) {
    if (signal.aborted) return undefined;
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    using stop = stopAfter(CONNECT_MS, [signal]);
    try {
      await once(socket, "connect", { signal: stop.signal });
      // Whoever uses it hears of its end, too.
      socket.on("error", () => socket.destroy());
      return socket;
    } catch {
      socket.destroy();
    }
  }
  return undefined;
}
