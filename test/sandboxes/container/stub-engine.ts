/** An engine that gives the answers of a test and nothing else. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import Docker from "dockerode";
import { NO_DIFFERENCES } from "../../../sandboxes/container/engine/differences.ts";
import { OUTAGE } from "../../../sandboxes/container/engine/engine-call.ts";
import type { Engine } from "../../../sandboxes/container/engine/engine.ts";

export interface StubRequest {
  method: string;
  path: string;
  /** Of JSON, where there was one. */
  body: unknown;
}

/** `status` is 200 where it is not given; a Buffer goes as it is. */
export type StubAnswer = { status?: number; body?: unknown };

export interface StubEngine extends AsyncDisposable {
  docker: Docker;
  /** Of its socket. */
  url: string;
  /** As connecting to it gives it. */
  engine: Engine;
  /** All that it was asked, in order. */
  requests: StubRequest[];
}

/** A request that is answered with undefined is never answered. */
export async function stubEngine(answer: (request: StubRequest) => StubAnswer | undefined): Promise<StubEngine> {
  const requests: StubRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const isJson = incoming.headers["content-type"]?.startsWith("application/json") && incoming.headers["content-length"] !== "0";
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", body: isJson ? await json(incoming) : undefined };
    requests.push(request);
    const given = answer(request);
    if (given === undefined) return;
    const { status = 200, body } = given;
    response.writeHead(status, { "content-type": Buffer.isBuffer(body) ? "application/octet-stream" : "application/json" });
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  const folder = await mkdtemp(join(tmpdir(), "assay-stub-"));
  const socketPath = join(folder, "engine.sock");
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  const docker = new Docker({ socketPath, host: "" });
  return {
    docker,
    url: `unix://${socketPath}`,
    engine: {
      docker,
      title: "Stub",
      address: "unix://stub",
      host: undefined,
      differences: NO_DIFFERENCES,
      outage: OUTAGE,
      pruneCommand: "assay sandbox prune",
      close: async () => {},
    },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
