/** The machine's engine behind a socket that refuses every call which names a version of the API, as a newer engine does with an old one. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

export interface UnversionedEngine extends AsyncDisposable {
  /** For DOCKER_HOST. */
  address: string;
  /** "METHOD /path" of every call, in order. */
  calls: string[];
}

const VERSIONED_PATH = /^\/v\d/;
const REFUSAL = JSON.stringify({ message: "client version 1.40 is too old: the minimum supported API version is 1.44" });

/** `target` is the path of the engine's own socket. */
export async function unversionedEngine(target: string): Promise<UnversionedEngine> {
  const calls: string[] = [];
  const isRefused = ({ method, url = "" }: IncomingMessage): boolean => {
    calls.push(`${method} ${url}`);
    return VERSIONED_PATH.test(url);
  };
  const connections = new Set<Duplex>();
  const server = createServer((incoming, outgoing) => {
    if (isRefused(incoming)) return void outgoing.writeHead(400, { "content-type": "application/json" }).end(REFUSAL);
    const { method, url, headers } = incoming;
    const onward = request({ socketPath: target, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  // A stream into a container: from here on, both sides say what they like.
  server.on("upgrade", (incoming: IncomingMessage, client: Duplex, first: Buffer) => {
    if (isRefused(incoming)) return void client.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`);
    const engine = connect({ path: target, allowHalfOpen: true });
    const headers = incoming.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : []));
    engine.write([`${incoming.method} ${incoming.url} HTTP/1.1`, ...headers, "", ""].join("\r\n"));
    engine.write(first);
    for (const [from, to] of [
      [engine, client],
      [client, engine],
    ] as const) {
      connections.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy()).on("close", () => void (connections.delete(from), to.destroy()));
    }
  });
  const folder = await mkdtemp(join(tmpdir(), "assay-unversioned-"));
  const socketPath = join(folder, "engine.sock");
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  return {
    address: `unix://${socketPath}`,
    calls,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
