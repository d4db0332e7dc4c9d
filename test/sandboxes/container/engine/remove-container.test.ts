import { createServer } from "node:http";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { expect, test } from "vitest";
import { removeContainer } from "../../../../sandboxes/container/engine/remove-container.ts";
import { stubEngine } from "../stub-engine.ts";

test("a container that somebody else is removing is waited for until it is gone", async () => {
  let looks = 0;
  await using stub = await stubEngine(({ method }) => {
    if (method === "DELETE") return { status: 409, body: { message: "removal of container stuck is already in progress" } };
    looks += 1;
    return looks < 3 ? { body: { State: { Running: true } } } : { status: 404, body: { message: "No such container: stuck" } };
  });
  await removeContainer(stub.docker.getContainer("stuck"));
  expect(looks).toBe(3);
});

test("one whose engine tells nothing of it any more is waited for as long as the caller will, and holds no process", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-stuck-"));
  const socketPath = join(folder.path, "engine.sock");
  const { promise: isLetGo, resolve } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    if (request.method === "DELETE") return void response.writeHead(409).end('{"message":"removal is already in progress"}');
    response.on("close", resolve);
  });
  await new Promise<void>((listening) => void server.listen(socketPath, listening));
  const stuck = new Docker({ socketPath, host: "" }).getContainer("stuck");
  await expect(removeContainer(stuck, AbortSignal.timeout(200))).rejects.toThrow("aborted");
  await isLetGo;
  server.close();
});
