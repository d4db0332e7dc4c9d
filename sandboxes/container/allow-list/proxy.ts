/**
 * An HTTP proxy: CONNECT, and requests in absolute form. It takes one request a connection: of many in a row, each would cost a connection
 * to its host before the first is answered.
 */
import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { splitPort } from "../../../src/index.ts";
import type { Filter, Passage, Refused } from "./filter.ts";
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
  const asked = new WeakSet<Duplex>();
  const isFirst = (connection: Duplex): boolean => {
    const had = asked.has(connection);
    asked.add(connection);
    return !had;
  };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (!isFirst(request.socket)) return void request.socket.destroy();
    response.setHeader("connection", "close");
    forward(filter, request, response).catch(() => response.destroy());
  };
  // What has no Host or expects something odd would be answered by Node.js itself, however many there are.
  const server = createServer({ requireHostHeader: false }, take).on("checkExpectation", take);
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isFirst(socket)) return void socket.destroy();
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
  const passage = isTarget ? await filter.open({ host, port }, "proxy", socket) : filter.refuseMalformed("proxy");
  if (passage.outcome !== "allowed") {
    const body = `${passage.message}\n`;
    socket.end(
      `HTTP/1.1 ${statusOf(passage, isTarget)} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    return;
  }
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  relay(socket, passage);
}

async function forward(filter: Filter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? "");
  const target = url && isFramed(request) ? targetOf(url) : null;
  const passage = target ? await filter.open(target, "proxy", request.socket) : filter.refuseMalformed("proxy");
  if (!url || passage.outcome !== "allowed") {
    const refused: Refused = passage.outcome === "allowed" ? filter.refuseMalformed("proxy") : passage;
    response.writeHead(statusOf(refused, target !== null), { "content-type": "text/plain" });
    response.end(`${refused.message}\n`);
    return;
  }
  await exchange(url, passage, { request, response });
}

async function exchange(url: URL, { socket }: Passage, { request, response }: { request: IncomingMessage; response: ServerResponse }) {
  response.on("close", () => socket.destroy());
  const { headers, headersDistinct, method = "GET" } = request;
  const framing = headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" };
  const onward = send({
    // With an agent, `false` too, Node.js would take this for its pool's or make a connection of its own.
    createConnection: () => socket,
    method,
    path: `${url.pathname}${url.search}`,
    headers: { ...onwardHeaders(headers, headersDistinct), ...framing, host: url.host },
  });
  onward.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  onward.on("response", (answer) => {
    passOn(answer, response).catch(() => response.destroy());
  });
  await pipeline(request, onward);
}

async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, onwardHeaders(answer.headers, answer.headersDistinct));
  await pipeline(answer, response);
}

/** Whether its body can be passed on as it came: with a length or in chunks, and in no other coding, which the host would not hear of. */
function isFramed({ headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  return coding === undefined || coding.toLowerCase() === "chunked";
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
