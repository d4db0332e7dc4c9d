/** Makes the connections that an allow-list allows, and tells of each that was asked for. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { AllowedHost, SandboxConnection } from "../../../src/index.ts";
import { stopAfter } from "../stop.ts";
import type { Resolve } from "./resolve.ts";
import { judge, type Reason, type Target } from "./rules.ts";

const CONNECT_MS = 10_000;

type Way = SandboxConnection["via"];

export interface Refused {
  outcome: "refused" | "failed";
  /** For whoever asked, in the sandbox. */
  message: string;
}

/** A connection that was made; it is told of once it has ended. */
export interface Passage {
  outcome: "allowed";
  /** In its one spelling. */
  host: string;
  socket: Socket;
  /** Ends it for what came over it. */
  refuse(reason: Reason): void;
}

export interface Filter {
  open(target: Target, via: Way): Promise<Passage | Refused>;
  /** What was asked for is no host and port. */
  refuseMalformed(via: Way): Refused;
}

const WORDS: Record<Reason, string> = {
  malformed: "is no host and port",
  "not-in-list": "is not in this sandbox's allow-list",
  port: "is in this sandbox's allow-list with other ports",
  address: "leads to an address that is not public, which this sandbox's allow-list does not name",
  "tls-name": "was asked for by another name in TLS",
  unresolved: "has no address",
  unreachable: "does not answer",
};

export interface FilterParts {
  hosts: readonly AllowedHost[];
  resolve: Resolve;
  tell: (connection: SandboxConnection) => void;
}

export function networkFilter({ hosts, resolve, tell }: FilterParts): Filter {
  const refused = (told: Pick<SandboxConnection, "via" | "host" | "port" | "durationMs">, reason: Reason): Refused => {
    const outcome = reason === "unresolved" || reason === "unreachable" ? "failed" : "refused";
    tell({ ...told, outcome, reason, bytesUp: 0, bytesDown: 0 });
    const what = told.host === null ? "What was asked for" : `${told.host}:${told.port}`;
    return { outcome, message: `${what} ${WORDS[reason]}.` };
  };
  return {
    async open(target, via) {
      const askedAt = performance.now();
      const lasted = (): number => Math.round((performance.now() - askedAt) * 10) / 10;
      const verdict = await judge(hosts, target, resolve);
      const told = { via, host: verdict.host, port: target.port };
      if ("reason" in verdict) return refused({ ...told, durationMs: lasted() }, verdict.reason);
      const socket = await firstToAnswer(verdict.addresses, target.port);
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

/** Connects to the addresses themselves, one after another. */
async function firstToAnswer(addresses: readonly string[], port: number): Promise<Socket | undefined> {
  for (const host of addresses) {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    using stop = stopAfter(CONNECT_MS, []);
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
