/** An HTTP proxy: CONNECT, and requests in absolute form. Each request is judged by itself, also on a connection that is kept. */
import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { splitPort } from "../../../src/index.ts";
import type { Filter, Refused } from "./filter.ts";
import { relay } from "./relay.ts";
import type { Target } from "./rules.ts";

/** Of one connection, not of the request that goes on (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "expect",
];

/** A server that listens nowhere: connections are given to it as its event `connection`. */
export function proxyServer(filter: Filter): Server {
  const server = createServer((request, response) => {
    forward(filter, request, response).catch(() => response.destroy());
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    tunnel(filter, request.url ?? "", socket, head).catch(() => socket.destroy());
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) filter.refuseMalformed("proxy");
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  return server;
}

async function tunnel(filter: Filter, asked: string, socket: Duplex, head: Buffer): Promise<void> {
  const { host, port } = splitPort(asked) ?? {};
  const isTarget = host !== undefined && port !== undefined;
  const passage = isTarget ? await filter.open({ host, port }, "proxy") : filter.refuseMalformed("proxy");
  if (passage.outcome !== "allowed") {
    const body = `${passage.message}\n`;
    socket.end(
      `HTTP/1.1 ${statusOf(passage, isTarget)} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    return;
  }
  if (socket.destroyed) return void passage.socket.destroy();
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  relay(socket, passage);
}

async function forward(filter: Filter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? "");
  const target = url && targetOf(url);
  const passage = target ? await filter.open(target, "proxy") : filter.refuseMalformed("proxy");
  if (!url || passage.outcome !== "allowed") {
    const refused: Refused = passage.outcome === "allowed" ? filter.refuseMalformed("proxy") : passage;
    response.writeHead(statusOf(refused, target !== null), { "content-type": "text/plain", connection: "close" });
    response.end(`${refused.message}\n`);
    return;
  }
  response.on("close", () => passage.socket.destroy());
  if (response.destroyed) return void passage.socket.destroy();
  const onward = send({
    // With an agent, `false` too, Node.js would take this for its pool's or make a connection of its own.
    createConnection: () => passage.socket,
    method: request.method ?? "GET",
    path: `${url.pathname}${url.search}`,
    headers: { ...onwardHeaders(request.headers, request.headersDistinct), host: url.host },
  });
  onward.on("error", () => {
    if (!response.headersSent) response.writeHead(502, { connection: "close" });
    response.end();
  });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, onwardHeaders(answer.headers, answer.headersDistinct));
    pipeline(answer, response).catch(() => response.destroy());
  });
  await pipeline(request, onward);
}

/** Of `http://host:port/…` only: what is meant for TLS comes by CONNECT. */
function targetOf({ protocol, hostname, port, username, password }: URL): Target | null {
  if (protocol !== "http:" || username !== "" || password !== "") return null;
  return { host: hostname, port: port === "" ? 80 : Number(port) };
}

function onwardHeaders({ connection = "" }: IncomingHttpHeaders, headers: IncomingMessage["headersDistinct"]): Record<string, string[]> {
  const dropped = new Set([
    ...HOP_BY_HOP,
    ...connection
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  ]);
  // A length is the framing of the body: to drop it by a Connection header would let one request hide another.
  dropped.delete("content-length");
  const kept: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(headers)) if (values && !dropped.has(name)) kept[name] = values;
  return kept;
}

function statusOf({ outcome }: Refused, isTarget: boolean): number {
  if (outcome === "failed") return 502;
  return isTarget ? 403 : 400;
}
