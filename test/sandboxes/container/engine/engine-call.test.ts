import { createServer, type Server } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { expect, test } from "vitest";
import { isUnreachable, whenAnswering, withDeadlines } from "../../../../sandboxes/container/engine/engine-call.ts";

/** A socket in a folder of its own, and what listens there when it is told to. */
async function socket(server: Server): Promise<{ path: string; listen: () => Promise<void> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "assay-engine-"));
  const path = join(folder, "engine.sock");
  return {
    path,
    listen: () => new Promise((resolve) => server.listen(path, resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

test("an engine that takes a call and never answers is given up", async () => {
  await using engine = await socket(createServer(() => {}));
  await engine.listen();
  const docker = withDeadlines(new Docker({ socketPath: engine.path }), 100);
  await expect(docker.createContainer({ Image: "any" })).rejects.toThrow("no answer within 0.1 s");
  await expect(docker.getContainer("any").start()).rejects.toThrow("no answer within 0.1 s");
});

test("a stream that was answered in time may take longer than the deadline", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200).write("first ");
    setTimeout(() => response.end("last"), 300);
  });
  await using engine = await socket(server);
  await engine.listen();
  const docker = withDeadlines(new Docker({ socketPath: engine.path }), 100);
  const chunks = await Array.fromAsync(await docker.getContainer("any").getArchive({ path: "/" }));
  expect(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))).toString()).toBe("first last");
});

test("a refused stream does not hold its connection, which would keep the process from ending", async () => {
  const server = createServer();
  const isLetGo = new Promise((resolve) => {
    server.on("upgrade", (_request, connection) => {
      connection.on("end", resolve).resume();
      connection.write('HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n{"message":"no"}');
    });
  });
  await using engine = await socket(server);
  await engine.listen();
  const docker = withDeadlines(new Docker({ socketPath: engine.path }));
  await expect(docker.getExec("any").start({ hijack: true, stdin: true })).rejects.toMatchObject({ statusCode: 404 });
  await isLetGo;
});

test("an engine that is down for a moment is waited for, and it is said once", async () => {
  await using engine = await socket(createServer((_request, response) => void response.end("OK")));
  const docker = withDeadlines(new Docker({ socketPath: engine.path }));
  let waits = 0;
  const answer = whenAnswering(() => docker.ping(), { onWait: () => (waits += 1) });
  await sleep(400);
  await engine.listen();
  expect(String(await answer)).toBe("OK");
  expect(waits).toBe(1);
});

test("one that stays down fails with its own error, or as soon as nobody waits any more", async () => {
  const docker = new Docker({ socketPath: "/no/such/socket" });
  const error: unknown = await whenAnswering(() => docker.ping(), { outageMs: 200 }).catch((reason: unknown) => reason);
  expect(isUnreachable(error)).toBe(true);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("stopped")), 100);
  await expect(whenAnswering(() => docker.ping(), { signal: controller.signal })).rejects.toThrow("stopped");
});

test("what an engine refuses is not tried again", async () => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.writeHead(409).end('{"message":"no"}');
  });
  await using engine = await socket(server);
  await engine.listen();
  const docker = withDeadlines(new Docker({ socketPath: engine.path }));
  await expect(whenAnswering(() => docker.getContainer("any").start())).rejects.toMatchObject({ statusCode: 409 });
  expect(calls).toBe(1);
});
