/** The proxy and the filter behind it, with whatever a hostile sandbox may send. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { duplexPair, type Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { networkFilter } from "../../../../sandboxes/container/allow-list/filter.ts";
import { proxyServer } from "../../../../sandboxes/container/allow-list/proxy.ts";
import { relay } from "../../../../sandboxes/container/allow-list/relay.ts";
import type { Resolve } from "../../../../sandboxes/container/allow-list/resolve.ts";
import { allowedHosts } from "../../../../sandboxes/container/allow-list/rules.ts";
import type { SandboxConnection } from "../../../../src/index.ts";

const PATIENT = { timeout: 10_000, interval: 5 };

/** A host in the list, with the connections that were made to it. */
async function hostOf(server: Server): Promise<{ port: number; made: Socket[] }> {
  const made: Socket[] = [];
  server.on("connection", (socket: Socket) => void made.push(socket.on("error", () => socket.destroy())));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of made) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, made };
}

const silent = (): Server => createServer({ allowHalfOpen: true });

/** A sandbox that may reach one port of this machine, by its address and by the names below example.org. */
function sandboxFor(port: number, resolve: Resolve = () => Promise.resolve(["127.0.0.1"])) {
  const told: SandboxConnection[] = [];
  const hosts = allowedHosts([`127.0.0.1:${port}`, `*.example.org:${port}`]);
  const filter = networkFilter({ hosts, resolve, tell: (connection) => void told.push(connection) });
  const proxy = proxyServer(filter);
  const connection = (): { client: Duplex; ours: Duplex } => {
    const [client, ours] = duplexPair();
    for (const side of [client, ours]) side.on("error", () => side.destroy());
    ours.once("close", () => client.destroy());
    return { client, ours };
  };
  const toProxy = (): Duplex => {
    const { client, ours } = connection();
    proxy.emit("connection", ours);
    client.once("close", () => ours.destroy());
    return client;
  };
  return { filter, told, connection, toProxy };
}

const requestFor = (port: number, more = ""): string => `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

test.each([
  ["", "Host: x\r\n"],
  [" without a host", ""],
  [" that expect what is not known", "Host: x\r\nExpect: much\r\n"],
])("of requests%s in a row on one connection none but the first reaches its host, and the connection is closed", async (_kind, headers) => {
  const { port, made } = await hostOf(silent());
  const { toProxy } = sandboxFor(port);
  const client = toProxy();
  const closed = once(client, "close");
  client.write(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\n${headers}\r\n`.repeat(1_000));
  await closed;
  await sleep(100);
  expect(made.length).toBeLessThanOrEqual(1);
  await expect.poll(() => made.every(({ destroyed, readableEnded }) => destroyed || readableEnded), PATIENT).toBe(true);
});

test("a tunnel cannot be asked for behind a request", async () => {
  const { port, made } = await hostOf(silent());
  const { toProxy } = sandboxFor(port);
  const client = toProxy();
  client.write(requestFor(port));
  await expect.poll(() => made.length, PATIENT).toBe(1);
  client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(client, "close");
  await sleep(100);
  expect(made.length).toBe(1);
});

test("a request is answered, and told that its connection is not kept", async () => {
  const server = createHttpServer((request, response) => void response.setHeader("connection", "keep-alive").end(request.headers.host));
  const { port } = await hostOf(server);
  const { toProxy } = sandboxFor(port);
  const client = toProxy();
  client.write(requestFor(port));
  const answer = await text(client);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  expect(answer).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}$`));
});

test("the body of a request stays one, whichever its method", async () => {
  const bodies: string[] = [];
  const server = createHttpServer((request, response) => {
    text(request).then(
      (body) => {
        bodies.push(`${request.method} ${request.url} ${body}`);
        response.end();
      },
      () => undefined,
    );
  });
  const { port } = await hostOf(server);
  const { toProxy } = sandboxFor(port);
  const hidden = "GET /hidden HTTP/1.1\r\nHost: secret\r\n\r\n";
  const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  for (const method of ["GET", "DELETE", "POST"])
    for (const [header, body] of [
      ["Transfer-Encoding: chunked", chunked],
      ["Connection: transfer-encoding\r\nTransfer-Encoding: Chunked", chunked],
      [`Connection: content-length\r\nContent-Length: ${hidden.length}`, hidden],
    ]) {
      const client = toProxy();
      client.write(`${method} http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${body}`);
      expect(await text(client)).toMatch(/^HTTP\/1\.1 200 /);
    }
  expect(bodies).toEqual(["GET", "DELETE", "POST"].flatMap((method) => Array.from({ length: 3 }, () => `${method} / ${hidden}`)));
});

test("a body in a coding that its host would not hear of is refused", async () => {
  const { port, made } = await hostOf(silent());
  const { toProxy, told } = sandboxFor(port);
  const client = toProxy();
  client.write(requestFor(port, "Transfer-Encoding: gzip, chunked\r\n"));
  expect(await text(client)).toMatch(/^HTTP\/1\.1 400 [^]*What was asked for is no request that this proxy takes\.\n/);
  expect(told).toMatchObject([{ outcome: "refused", reason: "malformed" }]);
  expect(made).toEqual([]);
});

test("an answer that cannot be passed on ends its connection and nothing else", async () => {
  const { port } = await hostOf(createServer((socket) => void socket.end("HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n")));
  const { toProxy } = sandboxFor(port);
  const client = toProxy();
  client.write(requestFor(port));
  await once(client.resume(), "close");
});

test("who leaves before its name is resolved is told of, and has neither a look-up nor a connection to come", async () => {
  const { port, made } = await hostOf(silent());
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const { toProxy, told } = sandboxFor(port, (name) => {
    asked.push(name);
    return new Promise((resolve) => answers.push(() => resolve(["127.0.0.1"])));
  });
  for (let number = 0; number < 500; number += 1) {
    const client = toProxy();
    client.write(`CONNECT a${number}.example.org:${port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(() => asked.length, PATIENT).toBe(1);
    client.destroy();
  }
  await expect.poll(() => told.length, PATIENT).toBe(500);
  expect(told.every(({ outcome, reason }) => outcome === "failed" && reason === "unresolved")).toBe(true);
  const last = toProxy();
  last.write(`CONNECT last.example.org:${port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await sleep(50);
  expect(asked).toEqual(["a0.example.org"]);
  answers[0]?.();
  await expect.poll(() => asked, PATIENT).toEqual(["a0.example.org", "last.example.org"]);
  answers[1]?.();
  expect(String((await once(last, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => made.length, PATIENT).toBe(1);
  last.destroy();
});

test("256 connections to hosts are open at once, and a further one follows where one ends", async () => {
  const { port, made } = await hostOf(silent());
  const { filter, connection } = sandboxFor(port);
  const asking = Array.from({ length: 300 }, () => {
    const { client, ours } = connection();
    return { client, ours, passage: filter.open({ host: "127.0.0.1", port }, "direct", ours) };
  });
  await Promise.all(asking.slice(0, 256).map(({ passage }) => passage));
  await expect.poll(() => made.length, PATIENT).toBe(256);
  await sleep(100);
  expect(made).toHaveLength(256);
  asking[0]?.ours.destroy();
  expect(await asking[256]?.passage).toMatchObject({ outcome: "allowed" });
  await expect.poll(() => made.length, PATIENT).toBe(257);
  asking[299]?.ours.destroy();
  expect(await asking[299]?.passage).toMatchObject({ outcome: "failed" });
  for (const { ours } of asking) ours.destroy();
});

test("what a sandbox sent before it closed still arrives, at a host that said its last word before", async () => {
  const { port, made } = await hostOf(silent());
  const { filter, connection } = sandboxFor(port);
  const { client, ours } = connection();
  const passage = await filter.open({ host: "127.0.0.1", port }, "direct", ours);
  if (passage.outcome !== "allowed") throw new Error(passage.message);
  relay(ours, passage);
  await expect.poll(() => made.length, PATIENT).toBe(1);
  made[0]?.end();
  client.resume().end(Buffer.alloc(20_000_000, "x"));
  await sleep(100);
  expect((await text(made[0] ?? client)).length).toBe(20_000_000);
});
